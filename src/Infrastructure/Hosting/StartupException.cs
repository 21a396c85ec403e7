namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The process can't start as it is set up. The message says in one sentence what is wrong and how to mend it.</summary>
public sealed class StartupException(string message) : Exception(message);
