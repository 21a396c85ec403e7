using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>The objects of the <see cref="Document"/>: those of requests, and those of answers.</summary>
internal static class DocumentSchemas
{
    /// <summary>What is always in an answer, the words of enums, and examples.</summary>
    public static void CompleteAnswers(JsonObject schemas, IEnumerable<Endpoint> endpoints, JsonSerializerOptions json)
    {
        foreach (var answer in AnswerTypes(endpoints, json))
        {
            if (schemas[answer.Type.Name] is JsonObject schema)
            {
                schema["required"] = new JsonArray([.. AlwaysPresent(answer).Select(name => JsonValue.Create(name))]);
                AddExample(schema, answer.Type);
            }

            // The generator has the names in C#, not those on the wire.
            foreach (var type in answer.Properties.Select(p => p.PropertyType).Where(type => type.IsEnum))
                schemas[type.Name]!["enum"] = JsonSerializer.SerializeToNode(Enum.GetValues(type), json);
        }
    }

    public static void CompleteBody(JsonObject schema, JsonTypeInfo request)
    {
        var properties = schema["properties"]!.AsObject();

        foreach (var name in properties.Select(p => p.Key).Where(name => request.Properties.All(p => p.Name != name)).ToList())
            properties.Remove(name);

        foreach (var property in request.Properties.Where(p => !p.IsSetNullable))
            properties[property.Name]?.AsObject().Remove("nullable");

        AddWords(schema, request);
        AddExample(schema, request.Type);

        // A base type's come first otherwise.
        foreach (var name in request.Properties.Select(p => p.Name).Where(properties.ContainsKey))
        {
            var property = properties[name];
            properties.Remove(name);
            properties.Add(name, property);
        }

        // Where a body may be left out, null stands for none.
        if (schema["required"] is not JsonArray { Count: > 0 })
            schema["nullable"] = true;
    }

    private static void AddExample(JsonObject schema, Type type)
    {
        if (type.GetCustomAttribute<ExampleAttribute>(inherit: false) is { } example)
            schema["example"] = JsonNode.Parse(example.Text);
    }

    /// <summary>The objects that the endpoints answer with, and those inside them.</summary>
    private static HashSet<JsonTypeInfo> AnswerTypes(IEnumerable<Endpoint> endpoints, JsonSerializerOptions json)
    {
        var found = new HashSet<JsonTypeInfo>();
        foreach (var produced in endpoints.SelectMany(e => e.Metadata.GetOrderedMetadata<IProducesResponseTypeMetadata>()))
            Add(produced.Type);

        return found;

        void Add(Type? type)
        {
            if (type is null || type == typeof(void))
                return;

            var info = json.GetTypeInfo(type);
            if (info.Kind is JsonTypeInfoKind.Enumerable)
                Add(info.ElementType);
            else if (info.Kind is JsonTypeInfoKind.Object && found.Add(info))
            {
                foreach (var property in info.Properties)
                    Add(property.PropertyType);
            }
        }
    }

    /// <summary>The generator does not know <see cref="AllowedValuesAttribute"/>.</summary>
    private static void AddWords(JsonObject schema, JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            var words = property.AttributeProvider?.GetCustomAttributes(typeof(AllowedValuesAttribute), inherit: true)
                .Cast<AllowedValuesAttribute>().SingleOrDefault()?.Values;
            if (words is null || schema["properties"]?[property.Name] is not JsonObject described)
                continue;

            // Null has to be among them (OpenAPI 3.0.3, proposal 2019-10-31 on nullable).
            if (described["nullable"]?.GetValue<bool>() is true)
                words = [.. words, null];

            described["enum"] = new JsonArray([.. words.Select(word => word is string text ? JsonValue.Create(text) : null)]);
        }
    }

    private static IEnumerable<string> AlwaysPresent(JsonTypeInfo answer) =>
        answer.Properties.Where(p => p.AssociatedParameter is { HasDefaultValue: false }).Select(p => p.Name);

    /// <summary>Removes what only this generator writes, so that another version of it changes nothing here.</summary>
    public static void Tidy(JsonNode? node)
    {
        if (node is JsonObject one)
        {
            foreach (var name in one.Select(member => member.Key).Where(name => name.StartsWith("x-", StringComparison.Ordinal)).ToList())
                one.Remove(name);

            // Members that are not named here are ignored, not refused.
            one.Remove("additionalProperties");

            // Without a type, anything is allowed, null too (OpenAPI 3.0.3, proposal 2019-10-31 on nullable).
            if (!one.ContainsKey("type") && !one.ContainsKey("oneOf") && !one.ContainsKey("allOf"))
                one.Remove("nullable");

            // ECMA-262, whose regular expressions OpenAPI has, has no \z; its $ is only at the end.
            if (one["pattern"] is JsonValue pattern)
                one["pattern"] = pattern.ToString().Replace("\\z", "$", StringComparison.Ordinal);

            if (one["format"] is JsonValue format)
            {
                one["format"] = format.ToString() == "guid" ? "uuid" : format.ToString();

                // The generator does not know what our converter writes.
                if (format.ToString() == "date-time")
                    one["type"] = "string";
            }

            foreach (var (_, member) in one)
                Tidy(member);
        }
        else if (node is JsonArray many)
        {
            foreach (var item in many)
                Tidy(item);
        }
    }
}
