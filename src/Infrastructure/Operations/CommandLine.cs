using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>Does what the arguments ask for: serves, if they name no command.</summary>
public static class CommandLine
{
    private const string Serve = "serve";

    /// <param name="args">Of the program.</param>
    /// <param name="add">Adds every service.</param>
    /// <param name="use">Sets up how requests are served.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="StartupException">It is set up so that it can't run.</exception>
    /// <exception cref="CommandException">A command can't be understood, or carried out.</exception>
    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> add, Action<WebApplication> use)
    {
        InvariantCulture.Use();
        var given = Arguments.Split(args);
        if (given.Words is [] or [Serve])
        {
            var app = Build();
            use(app);
            await app.ServeAsync();

            return 0;
        }

        var line = Parse(given.Words, async (command, line, ct) =>
        {
            var input = command.Ask(line);
            await using var app = Build();
            if (command.UsesSlices)
                use(app);

            var run = new CommandRun(line, app.Services, Console.Out, Environment.CurrentDirectory, input);

            return await RunAsync(command, run, given.Words, ct);
        });

        return await line.InvokeAsync(new() { EnableDefaultExceptionHandler = false });

        WebApplication Build()
        {
            var builder = HostSetup.CreateBuilder(given.Settings);
            add(builder);
            var app = builder.Build();
            app.CheckSettings(given.Settings);

            return app;
        }
    }

    /// <summary>Understands the words of a command.</summary>
    /// <exception cref="CommandException">It can't; the message says which.</exception>
    internal static ParseResult Parse(string[] words, Func<ProgramCommand, ParseResult, CancellationToken, Task<int>> run)
    {
        var root = new RootCommand("A REST API of per-user tasks. Without a command, it serves.");
        foreach (var option in root.Options.OfType<VersionOption>())
            option.Action = new Version();

        // Serving is over before this is asked; here for the help.
        root.Add(new Command(Serve, "Serve, as without a command. The command settings lists what can be set, as --Section:Key VALUE."));
        foreach (var type in typeof(ProgramCommand).Assembly.GetTypes().Where(t => !t.IsAbstract && t.IsSubclassOf(typeof(ProgramCommand))))
        {
            var command = (ProgramCommand)Activator.CreateInstance(type)!;
            command.Command.SetAction((line, ct) => run(command, line, ct));
            ParentOf(command, root).Add(command.Command);
        }

        var line = root.Parse(words);
        DemandUnderstood(line, words);

        return line;
    }

    private static void DemandUnderstood(ParseResult line, string[] words)
    {
        // The parser takes an option that it does not know for a value; behind -- it is meant as one.
        var option = line.Tokens.TakeWhile(token => token.Type is not TokenType.DoubleDash)
            .FirstOrDefault(token => token is { Type: TokenType.Argument, Value: ['-', _, ..] });
        if (option is not null)
            throw new CommandException($"{option.Value} is no option. --help shows what there is.", CommandException.Usage);

        // It would be taken for an argument.
        var flags = line.CommandResult.Command.Options.OfType<Option<bool>>().Select(flag => $"{flag.Name}=").ToList();
        var valued = words.TakeWhile(word => word != "--")
            .FirstOrDefault(word => flags.Exists(flag => word.StartsWith(flag, StringComparison.Ordinal)));
        if (valued is not null)
            throw new CommandException($"{valued}: the option takes no value. --help shows what there is.", CommandException.Usage);

        // What is missing is missing because of what is wrong.
        if (line is { Action: ParseErrorAction, Errors: [.., var error] })
            throw new CommandException($"{error.Message} --help shows what there is.", CommandException.Usage);
    }

    private static Command ParentOf(ProgramCommand command, RootCommand root)
    {
        if (command.Group is not var (name, description))
            return root;

        var group = root.Subcommands.FirstOrDefault(other => other.Name == name);
        if (group is null)
            root.Add(group = new Command(name, description));

        return group;
    }

    private static async Task<int> RunAsync(ProgramCommand command, CommandRun run, string[] words, CancellationToken ct)
    {
        if (command.UsesData(run.Line) && run.Services.GetRequiredService<IStore>() is { IsShared: false } store)
        {
            var directory = run.Services.GetRequiredService<DataDirectory>();
            if (await ControlSocket.TrySendAsync(directory, new ControlRequest(words, run.Directory, run.Input), ct) is { } answer)
            {
                await run.Output.WriteAsync(answer.Output);
                await Console.Error.WriteAsync(answer.Error);

                return answer.ExitCode;
            }

            // A command finds data, and makes none.
            if (!directory.Has(SqliteStore.FileName))
                throw new CommandException(
                    $"There is no {directory.PathOf(SqliteStore.FileName)}. Set Data:Directory (DATA_DIR) to where it is.");

            store.Open();
        }

        return await command.RunAsync(run, ct);
    }

    private sealed class Version : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine(ProductVersion.Text);

            return 0;
        }
    }
}
