using System.Globalization;
using System.Text;
using FluentValidation;
using FluentValidation.Validators;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>Rules for texts that people write. Null is left to other rules.</summary>
public static class TextRules
{
    /// <summary>
    /// From <paramref name="min"/> to <paramref name="max"/> characters, none of them NUL. A character is a Unicode code point, as in JSON
    /// Schema (RFC 8259 section 1): an emoji counts once, not twice.
    /// </summary>
    public static IRuleBuilderOptions<T, string?> Characters<T>(this IRuleBuilder<T, string?> rule, int min, int max) =>
        rule.SetValidator(new CharactersValidator<T>(min, max));

    /// <summary>
    /// At least one character that can be seen: no space, no control or format character, no variation selector, no filler. Stands behind
    /// <see cref="Characters{T}"/>: the document then shows the pattern of this one, which includes that of the other.
    /// </summary>
    public static IRuleBuilderOptions<T, string?> NotBlank<T>(this IRuleBuilder<T, string?> rule) =>
        rule.SetValidator(new NotBlankValidator<T>());

    /// <summary>One of the words, in any case.</summary>
    public static IRuleBuilderOptions<T, string?> OneOf<T>(this IRuleBuilder<T, string?> rule, IEnumerable<string> words) =>
        rule.Must(text => text is null || words.Contains(text, StringComparer.OrdinalIgnoreCase))
            .WithMessage($"{{PropertyPath}} must be {OneOf(words)}.");

    /// <summary>For a message: <c>low, medium or high</c>.</summary>
    internal static string OneOf(IEnumerable<string> words) => words.ToArray() switch
    {
        [] => "left out",
        [var word] => word,
        [.. var first, var last] => $"{string.Join(", ", first)} or {last}",
    };

    private static bool IsVisible(Rune character) =>
        Rune.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.SpaceSeparator
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
        && !IsDefaultIgnorable(character.Value);

    /// <summary>
    /// What else has no glyph: Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), such as variation selectors and Hangul
    /// fillers, and the empty braille pattern.
    /// </summary>
    private static bool IsDefaultIgnorable(int character) => character
        is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or (>= 0x180B and <= 0x180F) or 0x2065 or 0x2800 or 0x3164
        or (>= 0xFE00 and <= 0xFE0F) or 0xFFA0 or (>= 0xFFF0 and <= 0xFFF8) or (>= 0xE0000 and <= 0xE0FFF);

    private sealed class CharactersValidator<T>(int min, int max)
        : PropertyValidator<T, string?>, ILengthValidator, IRegularExpressionValidator
    {
        public override string Name => nameof(CharactersValidator<>);
        public int Min { get; } = min;
        public int Max { get; } = max;
        public string Expression => @"^[^\u0000]*$";

        public override bool IsValid(ValidationContext<T> context, string? value)
        {
            if (value is null)
                return true;

            context.MessageFormatter.AppendArgument("Range", Min > 0 ? $"{Min} to {Max}" : $"at most {Max}");
            var characters = value.EnumerateRunes().Count();

            return characters >= Min && characters <= Max && !value.Contains('\0', StringComparison.Ordinal);
        }

        protected override string GetDefaultMessageTemplate(string errorCode) =>
            "{PropertyPath} must have {Range} characters, none of them NUL.";
    }

    private sealed class NotBlankValidator<T> : PropertyValidator<T, string?>, IRegularExpressionValidator
    {
        public override string Name => nameof(NotBlankValidator<>);

        /// <summary>For the document. It has no Unicode categories: not every dialect of patterns knows them.</summary>
        public string Expression => $@"^[^\u0000]*[^{Invisible()}][^\u0000]*$";

        public override bool IsValid(ValidationContext<T> context, string? value) => value is null || value.EnumerateRunes().Any(IsVisible);

        protected override string GetDefaultMessageTemplate(string errorCode) => "{PropertyPath} is required.";

        /// <summary>The ranges up to U+FFFF: for characters beyond, the dialects have no common spelling.</summary>
        private static string Invisible()
        {
            var ranges = new StringBuilder();
            for (var first = 0; first <= char.MaxValue; first++)
            {
                var last = first;
                while (Rune.TryCreate(last, out var character) && !IsVisible(character))
                    last++;

                if (last > first)
                    ranges.Append(CultureInfo.InvariantCulture, $@"\u{first:x4}");
                if (last > first + 1)
                    ranges.Append(CultureInfo.InvariantCulture, $@"-\u{last - 1:x4}");
                first = last;
            }

            return ranges.ToString();
        }
    }
}
