using System.Globalization;
using System.Reflection;
using FluentValidation;
using FluentValidation.Validators;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace FastEndpoints.Swagger;

/// <summary>The rules of a request that a schema can say (surface section 14).</summary>
internal static class ValidationRules
{
    /// <summary>The rules of the type's validator, if it has one, by the name of the property that they are for.</summary>
    public static ILookup<string, (IPropertyValidator Validator, bool IsConditional)> Of(Type request, IServiceProvider services)
    {
        var type = services.GetRequiredService<EndpointData>().ValidatorOf(request);
        var rules = type is null ? [] : ((IValidator)ActivatorUtilities.GetServiceOrCreateInstance(services, type)).CreateDescriptor().Rules;

        // A rule for a property of a property, or for each element of one, is not a rule for the property.
        return (from rule in rules
                let property = rule.Member as PropertyInfo
                where property?.PropertyType == rule.TypeToValidate && property.DeclaringType!.IsAssignableFrom(request)
                from part in rule.Components
                let isConditional = rule.HasCondition || rule.HasAsyncCondition || part.HasCondition || part.HasAsyncCondition
                select (property.Name, Rule: (part.Validator, isConditional))).ToLookup(r => r.Name, r => r.Rule);
    }

    /// <summary>Writes the rules into the schema, and returns whether the value must be there.</summary>
    public static bool Mirror(this IEnumerable<(IPropertyValidator Validator, bool IsConditional)> rules, IOpenApiSchema value)
    {
        var isRequired = false;
        var schema = value as OpenApiSchema ?? new OpenApiSchema();

        foreach (var (validator, isConditional) in rules)
        {
            switch (validator)
            {
                case INotNullValidator or INotEmptyValidator when !isConditional:
                    isRequired = true;
                    schema.Type &= ~JsonSchemaType.Null;
                    if (validator is INotEmptyValidator && schema is { Type: JsonSchemaType.String, Format: null })
                        schema.MinLength = Math.Max(schema.MinLength ?? 0, 1);
                    break;
                case ILengthValidator length:
                    schema.MinLength = length.Min;
                    schema.MaxLength = length.Max > 0 ? length.Max : schema.MaxLength;
                    break;
                case IInclusiveBetweenValidator between when IsNumber(schema):
                    (schema.Minimum, schema.Maximum) = (Text(between.From), Text(between.To));
                    break;
                case IComparisonValidator { ValueToCompare: { } bound } comparison when IsNumber(schema):
                    _ = comparison.Comparison switch
                    {
                        Comparison.GreaterThan => schema.ExclusiveMinimum = Text(bound),
                        Comparison.GreaterThanOrEqual => schema.Minimum = Text(bound),
                        Comparison.LessThan => schema.ExclusiveMaximum = Text(bound),
                        Comparison.LessThanOrEqual => schema.Maximum = Text(bound),
                        _ => null,
                    };
                    break;
            }
        }

        return isRequired;
    }

    public static bool IsNumber(OpenApiSchema schema) => (schema.Type & (JsonSchemaType.Integer | JsonSchemaType.Number)) > 0;

    private static string? Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture);
}
