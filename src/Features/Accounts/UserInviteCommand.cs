using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Hosting;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Features.Accounts;

/// <summary><c>user invite [EMAIL]</c>: lets somebody sign up where sign-up is by invitation.</summary>
public sealed class UserInviteCommand : UserCommand
{
    private readonly Argument<string?> _email = new("EMAIL")
    {
        Description = "The only address that may sign up with it. Left out: any.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public UserInviteCommand()
        : base(
            "invite",
            "Print a link by which somebody can sign up, once, within seven days. Without Accounts:Url it is a code: the page takes it "
            + "from the end of its address, /#invitation=CODE.") =>
        Command.Add(_email);

    protected override async Task<int> RunAsync(CommandRun run, IServiceProvider scope, CancellationToken ct)
    {
        var settings = scope.GetRequiredService<IOptions<AccountSettings>>().Value;
        if (!settings.NeedsInvitation)
            throw new CommandException("Nobody needs an invitation, or could use one: set Accounts:SignUp to invited first.");

        var email = run.Line.GetValue(_email);
        if (email is not null)
            await DemandNewAsync(scope.GetRequiredService<AppDb>(), email, ct);

        var code = await scope.GetRequiredService<Invitations>().MakeAsync(email, ct);
        var page = settings.Base(scope.GetRequiredService<IConfiguration>());
        await run.Output.WriteLineAsync(page is null ? code : $"{page}/#invitation={code}");

        return 0;
    }

    private static async Task DemandNewAsync(AppDb db, string email, CancellationToken ct)
    {
        if (!Account.IsEmail(email))
            throw new CommandException("That is no e-mail address.");

        var address = Account.Normalize(email);
        if (await db.Accounts.AnyAsync(a => a.Email == address, ct))
            throw new CommandException("There is an account with that address already.");
    }
}
