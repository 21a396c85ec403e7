using FastEndpoints.Security;
using TaskSlices.Infrastructure.Operations;

namespace TaskSlices.Infrastructure.Auth;

/// <summary><c>token NAME</c>: prints a token for a user, to try the API without a frontend. It lasts a day.</summary>
public static class TokenCommand
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    /// <exception cref="StartupException">No user is named, or the secret can't be used by this command.</exception>
    public static void Run(IServiceProvider services, string[] users)
    {
        if (users is not [{ Length: > 0 and <= TokenVerifier.SubjectLimit } user])
            throw new StartupException($"Name one user of 1 to {TokenVerifier.SubjectLimit} characters: token ann");

        if (services.GetRequiredService<SharedSecret>().Value is not { } secret)
            throw new StartupException("Tokens are issued by the server at Auth:Url (BETTER_AUTH_URL). Get one there, from /api/auth/token.");

        if (!System.Text.Ascii.IsValid(secret))
            throw new StartupException("Auth:Secret (BETTER_AUTH_SECRET) is not plain ASCII, and this command can't sign with it. Get the token from your issuer.");

        Console.WriteLine(JwtBearer.CreateToken(options =>
        {
            options.SigningKey = secret;
            options.ExpireAt = services.GetRequiredService<TimeProvider>().GetUtcNow().Add(Lifetime).UtcDateTime;
            options.User["sub"] = user;
        }));
    }
}
