using System.CommandLine;
using FastEndpoints.Security;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary><c>token USER</c>: prints a token for a user, to try the API without a frontend. It lasts a day.</summary>
public sealed class TokenCommand : ProgramCommand
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private readonly Argument<string> _user = new("USER") { Description = "The user's id, as the API has it in its addresses." };

    public TokenCommand() : base("token", "Print a token for a user, to try the API without a frontend. It lasts a day.")
    {
        _user.Validators.Add(user =>
        {
            if (!TokenVerifier.IsSubject(user.GetValueOrDefault<string>()))
                user.AddError($"Name one user of 1 to {TokenVerifier.SubjectLimit} characters: token ann");
        });
        Command.Add(_user);
    }

    /// <summary>FastEndpoints signs with the services of the program that has mapped its slices.</summary>
    public override bool UsesSlices => true;

    /// <exception cref="StartupException">There is no secret, or none that this command can use.</exception>
    public override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        // The secret of the server, and never a new one: nobody would accept what that signs.
        var services = run.Services;
        var secrets = services.GetRequiredService<ISecretStore>();
        var file = secrets.PlaceOf(SharedSecret.FileName);
        if (!services.GetRequiredService<IOptions<AuthSettings>>().Value.IsDelegated && !secrets.Has(SharedSecret.FileName))
            throw new StartupException(
                $"There is no {file} to sign with. Start the server once first, or set Data:Directory (DATA_DIR) to its data directory.");

        var secret = services.GetRequiredService<SharedSecret>();
        if (secret.Value is null)
            throw new StartupException(
                "Tokens are issued by the server at Auth:Url (BETTER_AUTH_URL). Get one there, from /api/auth/token.");

        if (!System.Text.Ascii.IsValid(secret.Value))
            throw new StartupException(
                "Auth:Secret (BETTER_AUTH_SECRET) is not plain ASCII: this command can't sign with it. Get the token from your issuer.");

        // The server of another data directory refuses the token: say which secret signed it.
        await Console.Error.WriteLineAsync($"Signed with {(secret.IsConfigured ? "Auth:Secret" : file)}.");
        await run.Output.WriteLineAsync(JwtBearer.CreateToken(options =>
        {
            options.SigningKey = secret.Value;
            options.ExpireAt = services.GetRequiredService<TimeProvider>().GetUtcNow().Add(Lifetime).UtcDateTime;
            options.User["sub"] = run.Line.GetRequiredValue(_user);
        }));

        return 0;
    }
}
