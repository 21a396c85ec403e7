using System.ComponentModel;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Accounts.BetterAuth;

/// <summary>The objects of the <see cref="AccountDocument"/>, each under its name.</summary>
internal sealed class AccountSchemas(JsonSerializerOptions json)
{
    private readonly SortedDictionary<string, JsonNode?> _schemas = new(StringComparer.Ordinal);

    public static JsonObject ContentOfErrors() => Content(Reference(typeof(BetterAuthError)));

    public JsonObject BodyOf(Type request)
    {
        var members = BodyMember.Of(request)
            .Where(m => m.Property.GetCustomAttribute<BrowsableAttribute>() is not { Browsable: false }).ToList();
        var required = members.Where(m => m.IsRequired).Select(m => (JsonNode)m.Name).ToArray();
        var schema = new JsonObject { ["type"] = "object" };
        if (required.Length > 0)
            schema["required"] = new JsonArray(required);

        schema["properties"] = new JsonObject(members.Select(m => KeyValuePair.Create(m.Name, (JsonNode?)m.Describe())));
        schema["example"] = Example(request, schema);
        _schemas[NameOf(request)] = schema;

        return new JsonObject { ["required"] = required.Length > 0, ["content"] = Content(Reference(request)) };
    }

    public JsonObject ContentOf(NullabilityInfo answer)
    {
        var schema = Export(answer.Type);
        if (answer.ReadState is NullabilityState.Nullable)
            _schemas[NameOf(answer.Type)]!["nullable"] = true;

        return Content(schema);
    }

    /// <summary>All of them, the error with the codes that there can be.</summary>
    public JsonObject WithCodes(IEnumerable<string> codes)
    {
        Export(typeof(BetterAuthError));
        _schemas[nameof(BetterAuthError)]!["properties"]!["code"]!["enum"] =
            new JsonArray([.. codes.Distinct().Order(StringComparer.Ordinal).Select(code => JsonValue.Create(code))]);

        return new JsonObject(_schemas);
    }

    private JsonNode Export(Type type) => json.GetJsonSchemaAsNode(
        type, new() { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = (context, schema) => Keep(context, schema) });

    private JsonObject Keep(JsonSchemaExporterContext context, JsonNode exported)
    {
        var type = context.TypeInfo;

        // The exporter does not know what our converter writes.
        if (type.Type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };

        // OpenAPI 3.0 has no list of types (section 4.7.24).
        var schema = exported.AsObject();
        schema.Remove("default");
        if (schema["type"] is JsonArray types)
        {
            schema["type"] = types.Select(one => one!.GetValue<string>()).First(one => one != "null");
            if (!IsLeftOut(context.PropertyInfo?.AttributeProvider))
                schema["nullable"] = true;
        }

        if (!schema.ContainsKey("properties"))
            return schema;

        foreach (var property in type.Properties.Where(p => IsLeftOut(p.AttributeProvider)))
            schema["required"]!.AsArray().RemoveAll(name => name!.GetValue<string>() == property.Name);

        schema["example"] = Example(type.Type, schema);
        _schemas[NameOf(type.Type)] = schema;

        return Reference(type.Type);
    }

    private static bool IsLeftOut(ICustomAttributeProvider? member) =>
        member?.IsDefined(typeof(JsonIgnoreAttribute), inherit: true) is true;

    /// <summary>That of the type, completed from those of its members.</summary>
    private JsonObject Example(Type type, JsonObject schema)
    {
        var example = JsonNode.Parse(type.GetCustomAttribute<ExampleAttribute>(inherit: false)?.Text ?? "{}")!.AsObject();
        foreach (var name in schema["required"]?.AsArray().Select(name => $"{name}").Where(name => !example.ContainsKey(name)) ?? [])
            example[name] = Value(schema["properties"]![name]!);

        return example;

        JsonNode? Value(JsonNode member) => member["items"] is { } items ? new JsonArray(Value(items))
            : member["$ref"] is { } reference ? _schemas[reference.GetValue<string>().Split('/')[^1]]!["example"]!.DeepClone()
            : member["type"]!.GetValue<string>() is "boolean" ? true
            : throw new InvalidOperationException($"{type.Name} needs an [Example].");
    }

    private static JsonObject Content(JsonNode schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Reference(Type type) => new() { ["$ref"] = $"#/components/schemas/{NameOf(type)}" };

    /// <summary>UserJson is the User on the wire.</summary>
    private static string NameOf(Type type) => type.Name.Replace("Json", "", StringComparison.Ordinal);
}
