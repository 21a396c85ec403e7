using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>
/// Reads <c>DATABASE_URL</c> as people have it: an address as libpq takes it (postgresql.org/docs/current/libpq-connect.html, section
/// 34.1.1.2), or Npgsql's own <c>Host=…;…</c>.
/// </summary>
public static class DatabaseUrl
{
    private const string Name = "Data:ConnectionString (DATABASE_URL)";

    /// <summary>libpq's names for what Npgsql calls otherwise; null: Npgsql does it anyway, or has no use for it.</summary>
    private static readonly Dictionary<string, string?> Parameters = new(StringComparer.OrdinalIgnoreCase)
    {
        ["application_name"] = "Application Name",
        ["channel_binding"] = "Channel Binding",
        ["client_encoding"] = "Client Encoding",
        ["connect_timeout"] = "Timeout",
        ["dbname"] = "Database",
        ["fallback_application_name"] = null,
        ["gssencmode"] = "GSS Encryption Mode",
        ["host"] = "Host",
        ["hostaddr"] = "Host",
        ["keepalives"] = "TCP Keepalive",
        ["keepalives_idle"] = "TCP Keepalive Time",
        ["keepalives_interval"] = "TCP Keepalive Interval",
        ["load_balance_hosts"] = "Load Balance Hosts",
        ["options"] = "Options",
        ["passfile"] = "Passfile",
        ["password"] = "Password",
        ["port"] = "Port",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslmode"] = "SSL Mode",
        ["sslnegotiation"] = "SSL Negotiation",
        ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = "Root Certificate",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
    };

    /// <exception cref="FormatException">It can't be read; the message is a sentence without the password.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        var builder = IsUrl(text) ? OfUrl(text) : OfPairs(text);
        if (string.IsNullOrEmpty(builder.Host))
            throw Wrong("names no host. Write it as postgres://user:password@host:5432/database.");

        return builder;
    }

    private static bool IsUrl(string text) =>
        text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
        || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase);

    private static NpgsqlConnectionStringBuilder OfPairs(string text)
    {
        try
        {
            return new(text);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // Npgsql's message may hold the value.
            throw Wrong(
                "is neither an address (postgres://user:password@host:5432/database) nor pairs that Npgsql knows (Host=…;Username=…).");
        }
    }

    /// <summary>By hand: System.Uri knows one host, and lowers or refuses what is legal here.</summary>
    private static NpgsqlConnectionStringBuilder OfUrl(string text)
    {
        var rest = text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..];
        var (beforeQuery, query) = Split(rest, '?');
        var (authority, database) = Split(beforeQuery, '/');
        var builder = new NpgsqlConnectionStringBuilder();

        if (authority.LastIndexOf('@') is >= 0 and var at)
        {
            var (user, password) = Split(authority[..at], ':');
            builder.Username = Decode(user);
            builder.Password = password.Length > 0 ? Decode(password) : null;
            authority = authority[(at + 1)..];
        }

        if (authority.Length > 0)
            SetHosts(builder, authority);
        if (database.Length > 0)
            builder.Database = Decode(database);

        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Split(pair, '=');
            Set(builder, Decode(name), Decode(value));
        }

        return builder;
    }

    private static void SetHosts(NpgsqlConnectionStringBuilder builder, string authority)
    {
        var hosts = authority.Split(',');
        builder.Host = string.Join(',', hosts.Select(host => Decode(host)));

        if (hosts is [var only] && PortAt(only) is var colon and > 0)
        {
            if (!ushort.TryParse(only[(colon + 1)..], out var port) || port == 0)
                throw Wrong("has a port that is none.");

            builder.Host = Decode(only[..colon]);
            builder.Port = port;
        }

        if (hosts is [_] && builder.Host is ['[', .. var address, ']'])
            builder.Host = IPAddress.TryParse(address, out _) ? address : throw Wrong("has an IPv6 address that is none.");
    }

    /// <summary>Of the colon before the port, not of one within an IPv6 address; -1 if there is none.</summary>
    private static int PortAt(string host) => host.LastIndexOf(':') is var colon && colon > host.LastIndexOf(']') ? colon : -1;

    private static void Set(NpgsqlConnectionStringBuilder builder, string name, string value)
    {
        if (Parameters.TryGetValue(name, out var known) && known is null)
            return;

        try
        {
            builder[known ?? name] = known switch
            {
                "SSL Mode" or "SSL Negotiation" or "Channel Binding" or "GSS Encryption Mode" =>
                    value.Replace("-", "", StringComparison.Ordinal),
                "Load Balance Hosts" => value == "random" ? "true" : "false",
                "TCP Keepalive" => value == "1" ? "true" : "false",
                _ => value,
            };
        }
        catch (Exception e) when (
            e is ArgumentException or KeyNotFoundException or FormatException or InvalidCastException or OverflowException)
        {
            throw Wrong($"has the parameter '{name}', which is unknown or has a wrong value.");
        }
    }

    private static string Decode(string text)
    {
        var decoded = Uri.UnescapeDataString(text);

        return decoded.Contains('\0', StringComparison.Ordinal) ? throw Wrong("holds a NUL character.") : decoded;
    }

    private static (string Before, string After) Split(string text, char at) =>
        text.IndexOf(at, StringComparison.Ordinal) is >= 0 and var index ? (text[..index], text[(index + 1)..]) : (text, "");

    private static FormatException Wrong(string what) => new($"{Name} {what}");
}

internal sealed class DatabaseUrlCheck : IValidateOptions<DataSettings>
{
    // Another method: without an address, Npgsql is not loaded.
    public ValidateOptionsResult Validate(string? name, DataSettings options) =>
        options.ConnectionString.Length == 0 ? ValidateOptionsResult.Success : Check(options.ConnectionString);

    private static ValidateOptionsResult Check(string address)
    {
        try
        {
            DatabaseUrl.Parse(address);

            return ValidateOptionsResult.Success;
        }
        catch (FormatException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
