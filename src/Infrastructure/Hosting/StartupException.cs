namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The process can't start as it is set up. The message is one sentence for the person who starts it: what, and the mend.</summary>
public sealed class StartupException(string message) : Exception(message);
