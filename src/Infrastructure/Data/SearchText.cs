using System.Globalization;
using System.Text;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Texts as lists search and sort them: without case, accents and other variants, in every script, and the same in every database.
/// </summary>
public static class SearchText
{
    /// <summary>In characters (UTF-16), of what is searched for.</summary>
    public const int Limit = 200;

    /// <summary>
    /// The text without case and accents, and with compatible characters as one (NFKC, Unicode Standard Annex 15): <c>Straße</c> is
    /// <c>strasse</c>. Control characters are spaces.
    /// </summary>
    public static string Fold(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";

        return Ascii.IsValid(text) ? Lower(text) : FoldAll(text);
    }

    /// <summary>The texts in one, each on a line of its own, for <c>Search</c>.</summary>
    public static string Fold(string? text, IEnumerable<string> others)
    {
        var folded = new StringBuilder(Fold(text));
        foreach (var other in others)
            folded.Append('\n').Append(Fold(other));

        return folded.ToString();
    }

    /// <summary>The folded words of what is searched for, each once.</summary>
    public static IReadOnlyList<string> Words(string text) =>
        [.. Fold(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Distinct()];

    private static string Lower(string ascii) => string.Create(ascii.Length, ascii, static (folded, text) =>
    {
        Ascii.ToLower(text, folded, out _);
        foreach (ref var character in folded)
        {
            if (char.IsControl(character))
                character = ' ';
        }
    });

    private static string FoldAll(string text)
    {
        var folded = new StringBuilder(text.Length);
        foreach (var character in Valid(text).Normalize(NormalizationForm.FormKD).EnumerateRunes())
        {
            if (Rune.IsControl(character))
                folded.Append(' ');
            else if (!IsAccent(character))
                folded.Append(Letters(character));
        }

        return folded.ToString().Normalize(NormalizationForm.FormKC);
    }

    /// <summary>Normalization refuses an unpaired surrogate.</summary>
    private static string Valid(string text) => string.Concat(text.EnumerateRunes());

    /// <summary>In the scripts of India and Southeast Asia, such marks are vowels: without them it would be another word.</summary>
    private static bool IsAccent(Rune character) =>
        Rune.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark && character.Value
            is not ((>= 0x0900 and <= 0x109F) or (>= 0x1700 and <= 0x18AF) or (>= 0x1900 and <= 0x1AAF) or (>= 0x1B00 and <= 0x1CFF)
                or (>= 0xA800 and <= 0xABFF) or (>= 0x11000 and <= 0x11FFF));

    /// <summary>
    /// Full case folding (Unicode, CaseFolding.txt) where it differs from that of single characters, and the Latin letters whose accent
    /// has no decomposition.
    /// </summary>
    private static string Letters(Rune character) => character.Value switch
    {
        'ß' or 'ẞ' => "ss",
        'æ' or 'Æ' => "ae",
        'œ' or 'Œ' => "oe",
        'ø' or 'Ø' => "o",
        'đ' or 'Đ' or 'ð' or 'Ð' => "d",
        'ħ' or 'Ħ' => "h",
        'ı' => "i",
        'ł' or 'Ł' => "l",
        'þ' or 'Þ' => "th",
        'ŧ' or 'Ŧ' => "t",

        // By way of upper case, the two small sigmas are one.
        _ => Rune.ToLowerInvariant(Rune.ToUpperInvariant(character)).ToString(),
    };
}
