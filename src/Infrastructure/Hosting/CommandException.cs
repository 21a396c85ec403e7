namespace TaskSlices.Infrastructure.Hosting;

/// <summary>A command can't be carried out. The message says in one sentence what is wrong and how to mend it.</summary>
/// <param name="message">For the person who typed it.</param>
/// <param name="exitCode">1: it failed. 2: it, or its arguments, are not for this program, or not as it is set up.</param>
public sealed class CommandException(string message, int exitCode = 1) : Exception(message)
{
    /// <summary>Of what was typed wrong.</summary>
    public const int Usage = 2;

    public int ExitCode { get; } = exitCode;
}
