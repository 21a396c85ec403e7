using FluentValidation;
using FluentValidation.Validators;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>Rules for texts that people write.</summary>
public static class TextRules
{
    /// <summary>
    /// From <paramref name="min"/> to <paramref name="max"/> characters, none of them NUL. A character is a Unicode code point, as in JSON
    /// Schema (RFC 8259 section 1): an emoji counts once, not twice. Null is left to other rules.
    /// </summary>
    public static IRuleBuilderOptions<T, string?> Characters<T>(this IRuleBuilder<T, string?> rule, int min, int max) =>
        rule.SetValidator(new CharactersValidator<T>(min, max));

    private sealed class CharactersValidator<T>(int min, int max) : PropertyValidator<T, string?>, ILengthValidator
    {
        public override string Name => nameof(CharactersValidator<>);
        public int Min { get; } = min;
        public int Max { get; } = max;

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
}
