using FastEndpoints.Security;
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
        var words = args.Where((arg, i) => !IsSetting(arg) && (i == 0 || !IsSetting(args[i - 1]) || args[i - 1].Contains('=', StringComparison.Ordinal))).ToArray();
        users = words[Math.Min(1, words.Length)..];

        return words is ["token", ..];
    }

    /// <exception cref="StartupException">No user is named, or the secret can't be used by this command.</exception>
    public static void Run(IServiceProvider services, string[] users)
    {
        if (users is not [var user] || !TokenVerifier.IsSubject(user))
            throw new StartupException($"Name one user of 1 to {TokenVerifier.SubjectLimit} characters: token ann");

        var secret = services.GetRequiredService<SharedSecret>();
        if (secret.Value is null)
            throw new StartupException("Tokens are issued by the server at Auth:Url (BETTER_AUTH_URL). Get one there, from /api/auth/token.");

        if (!System.Text.Ascii.IsValid(secret.Value))
            throw new StartupException("Auth:Secret (BETTER_AUTH_SECRET) is not plain ASCII, and this command can't sign with it. Get the token from your issuer.");

        // A token that was signed in another directory than the server's is refused there: say where this one was.
        Console.Error.WriteLine($"Signed with {(secret.IsConfigured ? "Auth:Secret" : services.GetRequiredService<DataDirectory>().PathOf(SharedSecret.FileName))}.");
        Console.WriteLine(JwtBearer.CreateToken(options =>
        {
            options.SigningKey = secret.Value;
            options.ExpireAt = services.GetRequiredService<TimeProvider>().GetUtcNow().Add(Lifetime).UtcDateTime;
            options.User["sub"] = user;
        }));
    }

    private static bool IsSetting(string arg) => arg.StartsWith("--", StringComparison.Ordinal);
}
