using System.Text;
using Microsoft.Extensions.Options;

namespace TaskSlices.Infrastructure.Auth;

/// <summary>The <c>Auth</c> section: who may issue tokens.</summary>
public sealed class AuthSettings
{
    /// <summary>The secret shared with Better Auth; its UTF-8 bytes, as they are, are the HS256 key. Empty means none.</summary>
    public string Secret { get; set; } = "";

    /// <summary>The address of a Better Auth server. Empty means none.</summary>
    public string Url { get; set; } = "";
}

internal sealed class AuthSettingsCheck : IValidateOptions<AuthSettings>
{
    /// <summary>What Better Auth uses when nobody sets a secret: published, so that anybody can sign with it.</summary>
    private const string PublicDefault = "better-auth-secret-12345678901234567890";

    public ValidateOptionsResult Validate(string? name, AuthSettings options) => options switch
    {
        { Secret: PublicDefault } => ValidateOptionsResult.Fail(
            "Auth:Secret (BETTER_AUTH_SECRET) is Better Auth's public default, which anybody can sign with. Set a random one, here and there: openssl rand -base64 32"),
        { Secret.Length: > 0 } when Encoding.UTF8.GetByteCount(options.Secret) < SharedSecret.MinimumBytes => ValidateOptionsResult.Fail(
            $"Auth:Secret (BETTER_AUTH_SECRET) is shorter than {SharedSecret.MinimumBytes} bytes. Set a longer one, here and in Better Auth: openssl rand -base64 32"),
        { Url.Length: > 0 } => ValidateOptionsResult.Fail(
            "Auth:Url (BETTER_AUTH_URL) is set, and this version does not read key sets yet. Remove it, and share a secret by Auth:Secret (BETTER_AUTH_SECRET)."),
        _ => ValidateOptionsResult.Success,
    };
}
