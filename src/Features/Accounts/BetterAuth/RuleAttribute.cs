using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>
/// What a member of a body must be: a text, unless it says otherwise. <see cref="BetterAuthError.In"/> refuses what it is not, and the
/// document says it. A member without a rule is optional, and counts as absent if it is no text.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RuleAttribute : Attribute
{
    public bool IsOptional { get; init; }

    /// <summary>True or false; always optional.</summary>
    public bool IsBoolean { get; init; }

    public bool IsNullable { get; init; }

    public bool IsEmail { get; init; }

    /// <summary>The document says the limits of a password; the slice refuses others, each with a code of its own.</summary>
    public bool IsNewPassword { get; init; }

    /// <summary>In UTF-16 code units, as JavaScript counts.</summary>
    public int Least { get; init; }

    /// <inheritdoc cref="Least"/>
    public int Limit { get; init; } = int.MaxValue;

    public string? FindFault(Input input, string name) =>
        input.IsAbsent && (IsOptional || IsBoolean) || input.IsNull && IsNullable ? null
        : IsBoolean ? input.MustBeBoolean(name)
        : IsEmail ? input.MustBeEmail(name)
        : input.MustBeText(name, Least, Limit);
}

/// <summary>A member of a request's body, with its name on the wire.</summary>
public sealed record BodyMember(string Name, PropertyInfo Property, RuleAttribute? Rule)
{
    public bool IsRequired => Rule is { IsOptional: false, IsBoolean: false };

    public static IReadOnlyList<BodyMember> Of(Type request) =>
    [
        .. request.GetProperties().Where(p => p.PropertyType == typeof(Input)).Select(p => new BodyMember(
            p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(p.Name),
            p, p.GetCustomAttribute<RuleAttribute>())),
    ];

    /// <summary>Its schema, for the <see cref="AccountDocument"/>.</summary>
    public JsonObject Describe()
    {
        var schema = new JsonObject { ["type"] = Rule is { IsBoolean: true } ? "boolean" : "string" };
        var (least, limit) = Rule switch
        {
            null => (0, int.MaxValue),
            { IsEmail: true } => (0, Account.EmailLimit),
            { IsNewPassword: true } => (Account.PasswordMinimum, Account.PasswordLimit),
            _ => (Rule.Least, Rule.Limit),
        };
        if (Rule is { IsNullable: true })
            schema["nullable"] = true;
        if (Rule is { IsEmail: true })
            schema["format"] = "email";
        if (least > 0)
            schema["minLength"] = least;
        if (limit < int.MaxValue)
            schema["maxLength"] = limit;

        return schema;
    }
}
