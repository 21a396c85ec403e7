using System.Reflection;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FastEndpoints.Swagger;

/// <summary>Puts into the document what ASP.NET does not know of a FastEndpoints endpoint (surface section 14).</summary>
internal sealed class Transformers(DocumentSettings settings)
    : IOpenApiDocumentTransformer, IOpenApiOperationTransformer, IOpenApiSchemaTransformer
{
    private const string Bearer = "JWTBearerAuth";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        // The document is kept, and this process may be called at several addresses: without one, that of the document counts.
        document.Servers = null;
        document.Info = new OpenApiInfo { Title = settings.Title, Version = settings.Version };

        var scheme = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" };
        document.AddComponent(Bearer, scheme);

        return Task.CompletedTask;
    }

    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (operation.Responses!.TryGetValue("200", out var response) && response.Description == "OK")
            response.Description = "Success";
        if (operation.Description == "")
            operation.Description = null;

        if (!context.Description.ActionDescriptor.EndpointMetadata.OfType<IAllowAnonymous>().Any())
            operation.Security = [new() { [new OpenApiSecuritySchemeReference(Bearer, context.Document)] = [] }];

        return Task.CompletedTask;
    }

    /// <summary>The schema of a request is that of its body, with the rules of its validator.</summary>
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        // Web defaults read a number from a string as well; OpenAPI 3.0 has one type per schema, and a number is what is meant.
        if (ValidationRules.IsNumber(schema))
            (schema.Type, schema.Pattern) = (schema.Type & ~JsonSchemaType.String, null);

        // ASP.NET can't tell what the application's own converter writes; a time is a string all the same.
        var type = context.JsonTypeInfo;
        var isNullable = Nullable.GetUnderlyingType(type.Type) is not null;
        if (schema.Type is null && (type.Type == typeof(DateTimeOffset) || type.Type == typeof(DateTimeOffset?)))
            (schema.Type, schema.Format) = (JsonSchemaType.String | (isNullable ? JsonSchemaType.Null : 0), "date-time");

        if (context.ParameterDescription?.Source != BindingSource.Body || context.ParameterDescription.Type != type.Type)
            return Task.CompletedTask;

        var rules = ValidationRules.Of(type.Type, context.ApplicationServices);
        schema.Required = new HashSet<string>();

        foreach (var property in type.Properties)
        {
            var member = (MemberInfo)property.AttributeProvider!;

            if (member.IsDefined(typeof(NonJsonBindingAttribute)))
                schema.Properties!.Remove(property.Name);
            else if (rules[member.Name].Mirror(schema.Properties![property.Name]) | property.IsRequired)
                schema.Required.Add(property.Name);
        }

        return Task.CompletedTask;
    }
}
