using System.Text.RegularExpressions;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>
/// The arguments of the program: settings as ASP.NET Core's configuration takes them (<c>--Section:Key value</c>,
/// <c>--Section:Key=value</c>, <c>Section:Key=value</c>, and the same of a name without a section), and the words of a command. They may be
/// mixed; behind <c>--</c>, there are words only.
/// </summary>
/// <param name="Settings">In their order.</param>
/// <param name="Words">In their order, with the options of the command.</param>
public sealed partial record Arguments(string[] Settings, string[] Words)
{
    /// <exception cref="CommandException">A setting has no value.</exception>
    public static Arguments Split(string[] args)
    {
        var (settings, words) = (new List<string>(), new List<string>());
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--")
            {
                words.AddRange(args[i..]);
                break;
            }

            if (KeyOf(args[i]) is not { } key)
                words.Add(args[i]);
            else if (args[i].Contains('='))
                settings.Add(args[i]);
            else if (i + 1 < args.Length)
                settings.AddRange([args[i], args[++i]]);
            else
                throw new CommandException($"--{key} has no value.", CommandException.Usage);
        }

        return new Arguments([.. settings], [.. words]);
    }

    /// <summary>The keys of settings, as they were typed; their values are left out.</summary>
    public static IEnumerable<string> KeysOf(string[] settings)
    {
        for (var i = 0; i < settings.Length; i++)
        {
            yield return KeyOf(settings[i])!;

            if (!settings[i].Contains('='))
                i++;
        }
    }

    /// <summary>The key of an argument that is a setting, or null.</summary>
    private static string? KeyOf(string arg)
    {
        var isOption = arg.StartsWith("--", StringComparison.Ordinal);
        var end = arg.IndexOf('=', StringComparison.Ordinal);
        if (!isOption && end < 0)
            return null;

        var key = arg[(isOption ? 2 : 0)..(end < 0 ? arg.Length : end)];

        // A host that is started within a test names the sections too, without a value: --Auth=
        return SectionAndKey().IsMatch(key) || SettingsList.IsPlainName(key) || (isOption && end == arg.Length - 1) ? key : null;
    }

    [GeneratedRegex(@"^[\w.-]+(:[\w.-]+)+$")]
    private static partial Regex SectionAndKey();
}
