using System.CommandLine;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>
/// A command of the program. Each class that derives from it is found; it needs a constructor without parameters, which adds its arguments
/// and options.
/// </summary>
/// <param name="name">The word that calls it; within a <see cref="Group"/>, the second one.</param>
/// <param name="description">For the help: a sentence.</param>
public abstract class ProgramCommand(string name, string description)
{
    /// <summary>Its arguments and options.</summary>
    public Command Command { get; } = new(name, description);

    /// <summary>The word before its name and what the commands of that word are about; null: there is none.</summary>
    public virtual (string Name, string Description)? Group => null;

    /// <summary>
    /// Whether it uses the database. On SQLite only one process can: the server runs the command, if there is one; if not, this process
    /// takes the data directory first. The schema is as the last server left it.
    /// </summary>
    public virtual bool UsesData(ParseResult line) => false;

    /// <summary>Whether FastEndpoints has to know the slices, which takes a moment, and on PostgreSQL the database.</summary>
    public virtual bool UsesSlices => false;

    /// <summary>Reads what it wants to know from the person at the terminal, before anything is done.</summary>
    /// <returns>What <see cref="CommandRun.Input"/> will be.</returns>
    /// <exception cref="Hosting.CommandException">The person does not want it.</exception>
    public virtual string? Ask(ParseResult line) => null;

    /// <returns>The exit code.</returns>
    /// <exception cref="Hosting.CommandException">It can't be done; the message says the mend.</exception>
    public abstract Task<int> RunAsync(CommandRun run, CancellationToken ct);
}

/// <param name="Line">What was typed, with the values of arguments and options.</param>
/// <param name="Services">Of the program, as it is set up.</param>
/// <param name="Output">The standard output of the person who typed it, wherever the command runs.</param>
/// <param name="Directory">The working directory of that person: paths are relative to it.</param>
/// <param name="Input">What <see cref="ProgramCommand.Ask"/> read.</param>
public sealed record CommandRun(ParseResult Line, IServiceProvider Services, TextWriter Output, string Directory, string? Input)
{
    /// <summary>The full path of what was typed.</summary>
    public string PathOf(string file) => Path.GetFullPath(file, Directory);
}
