using System.Text.RegularExpressions;

namespace TaskSlices.Tests.Support;

/// <summary>The codes that docs/errors.md explains.</summary>
public static partial class ErrorCodes
{
    public static readonly HashSet<string> Documented =
        [.. Heading().Matches(File.ReadAllText(Path.Combine(DropIn.Root, "docs", "errors.md"))).Select(match => match.Groups[1].Value)];

    /// <summary>Those of the features that tests drop in.</summary>
    public static readonly string[] OfDropIns = ["MEMO_NOT_FOUND"];

    [GeneratedRegex("^### ([A-Z_]+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
