using FastEndpoints.Security;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary><c>token NAME</c>: prints a token for a user, to try the API without a frontend. It lasts a day.</summary>
public static class TokenCommand
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <summary>Whether the arguments ask for it, and for whom; settings (<c>--Data:Directory X</c>) may stand before and behind.</summary>
    public static bool IsAskedFor(string[] args, out string[] users)
    {
        var words = WordsOf(args);
        users = words[Math.Min(1, words.Length)..];

        return words is ["token", ..];
    }

    /// <exception cref="StartupException">No user is named, or there is no secret, or none that this command can use.</exception>
    public static void Run(IServiceProvider services, string[] users)
    {
        if (users is not [var user] || !TokenVerifier.IsSubject(user))
            throw new StartupException($"Name one user of 1 to {TokenVerifier.SubjectLimit} characters: token ann");

        // The secret of the server, and never a new one: nobody would accept what that signs.
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
        Console.Error.WriteLine($"Signed with {(secret.IsConfigured ? "Auth:Secret" : file)}.");
        Console.WriteLine(JwtBearer.CreateToken(options =>
        {
            options.SigningKey = secret.Value;
            options.ExpireAt = services.GetRequiredService<TimeProvider>().GetUtcNow().Add(Lifetime).UtcDateTime;
            options.User["sub"] = user;
        }));
    }

    /// <summary>The arguments without settings.</summary>
    internal static string[] WordsOf(string[] args) =>
        [.. args.Where((arg, i) => !IsSetting(arg) && (i == 0 || !TakesNext(args[i - 1])))];

    private static bool TakesNext(string arg) => IsSetting(arg) && !arg.Contains('=', StringComparison.Ordinal);

    private static bool IsSetting(string arg) => arg.StartsWith("--", StringComparison.Ordinal);
}
