using System.Text.Json;
using System.Text.Json.Nodes;
using FastEndpoints;
using FastEndpoints.Swagger;
using FluentValidation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.TestHost;
using TaskSlices.Conformance.Starts;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>How the document describes a request and the rules of its validator (surface section 14).</summary>
public sealed class DescriptionTests : IAsyncLifetime
{
    private WebApplication _app = null!;
    private JsonObject _document = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        Probes.Add(builder.Services, type => type == typeof(Described) || type == typeof(DescribedValidator) || type == typeof(DescribedList) || type == typeof(Plain));
        builder.Services.SwaggerDocument(options =>
        {
            Described.Set(options);
            options.AutoTagPathSegmentIndex = 2;
            options.DocumentSettings = settings => (settings.Title, settings.Version) = ("Probes", "v7");
        });
        _app = builder.Build();
        _app.UseSwaggerGen();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.UseFastEndpoints(Probes.Configure);
        await _app.StartAsync(TestContext.Current.CancellationToken);

        var text = await _app.GetTestClient().GetStringAsync(new Uri("/swagger/v1/swagger.json", UriKind.Relative), TestContext.Current.CancellationToken);
        _document = JsonNode.Parse(text)!.AsObject();
    }

    public async ValueTask DisposeAsync() => await _app.StopAsync();

    [Fact]
    public void Has_the_title_and_the_version_that_were_given() =>
        Assert.Equal(("Probes", "v7"), (_document["info"]!["title"]!.GetValue<string>(), _document["info"]!["version"]!.GetValue<string>()));

    [Theory]
    [InlineData("post", "/probes/described/{id}", "Described Described \"A summary\" \"A description\"")]
    [InlineData("get", "/probes/{owner}/described", "DescribedList {Owner}  ")]
    public void Names_an_operation_after_its_class_and_tags_it_by_a_segment_of_its_route(string verb, string path, string description)
    {
        var operation = _document["paths"]![path]![verb]!;

        Assert.Equal(description, $"{operation["operationId"]} {operation["tags"]![0]} {operation["summary"]?.ToJsonString()} {operation["description"]?.ToJsonString()}");
    }

    /// <summary>Not the name of a query parameter: the real package writes that of the property, the stand-in that on the wire.</summary>
    [Theory]
    [InlineData("post", "/probes/described/{id}", "path id True string uuid,query page False integer int32")]
    [InlineData("get", "/probes/{owner}/described", "path owner True string ,query after False string uuid")]
    public void Says_where_a_value_outside_the_body_comes_from(string verb, string path, string parameters) =>
        Assert.Equal(parameters, string.Join(',', _document["paths"]![path]![verb]!["parameters"]!.AsArray().Select(p =>
            $"{p!["in"]} {p["name"]!.GetValue<string>().ToLowerInvariant()} {p["required"]?.GetValue<bool>() ?? false} {p["schema"]!["type"]} {p["schema"]!["format"]}".Replace("guid", "uuid", StringComparison.Ordinal))));

    [Fact]
    public void States_the_rules_of_the_validator_on_the_body()
    {
        var body = _document["paths"]!["/probes/described/{id}"]!["post"]!["requestBody"]!;
        Assert.True(body["required"]!.GetValue<bool>());
        Assert.Equal("#/components/schemas/DescribedRequest", body["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>());

        var schema = _document["components"]!["schemas"]!["DescribedRequest"]!;
        Assert.Equal("""["title"]""", schema["required"]!.ToJsonString());
        var properties = schema["properties"]!.AsObject().ToDictionary(p => p.Key, p => WithoutFalse(p.Value!.AsObject()));
        var expected = JsonNode.Parse("""
            {
                "title": { "type": "string", "minLength": 0, "maxLength": 200 },
                "note": { "type": "string", "minLength": 2, "maxLength": 9, "nullable": true },
                "above": { "type": "integer", "format": "int32", "minimum": 1, "exclusiveMinimum": true },
                "at_least": { "type": "integer", "format": "int32", "minimum": 2 },
                "below": { "type": "integer", "format": "int32", "maximum": 3, "exclusiveMaximum": true },
                "at_most": { "type": "integer", "format": "int32", "maximum": 4 },
                "between": { "type": "integer", "format": "int32", "minimum": 5, "maximum": 6 },
                "sometimes": { "type": "string", "nullable": true },
                "not": { "type": "integer", "format": "int32" },
                "at": { "type": "string", "format": "date-time", "nullable": true }
            }
            """)!.AsObject();
        Assert.Equal(expected.Select(p => p.Key).Order(), properties.Keys.Order());
        Assert.All(expected, property => Assert.True(JsonNode.DeepEquals(property.Value, properties[property.Key]), $"{property.Key}: {properties[property.Key]}"));
    }

    [Fact]
    public void Says_what_is_answered()
    {
        var responses = _document["paths"]!["/probes/described/{id}"]!["post"]!["responses"]!;

        Assert.Equal("Success", responses["200"]!["description"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/WrittenAnswer", responses["200"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>());
        Assert.Equal("#/components/schemas/Refusal", responses["422"]!["content"]![Probes.ErrorType]!["schema"]!["$ref"]!.GetValue<string>());
    }

    [Fact]
    public void Demands_a_token_of_what_is_not_open()
    {
        Assert.Null(_document["paths"]!["/probes/{owner}/described"]!["get"]!["security"]);
        Assert.Equal("""[{"JWTBearerAuth":[]}]""", _document["paths"]!["/plain"]!["post"]!["security"]!.ToJsonString());
        var scheme = _document["components"]!["securitySchemes"]!["JWTBearerAuth"]!;
        Assert.Equal(("http", "bearer", "JWT"), (scheme["type"]!.GetValue<string>(), scheme["scheme"]!.GetValue<string>().ToLowerInvariant(), scheme["bearerFormat"]!.GetValue<string>()));
    }

    /// <summary>One of the two writes what is false, the other leaves it out.</summary>
    private static JsonObject WithoutFalse(JsonObject schema) =>
        new(schema.Where(m => m.Value is not JsonValue value || value.GetValueKind() != JsonValueKind.False).Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone())));
}

public sealed record DescribedRequest
{
    [RouteParam]
    public Guid Id { get; init; }

    [QueryParam]
    public int? Page { get; init; }

    public string Title { get; init; } = "";
    public string? Note { get; init; }
    public int Above { get; init; }
    public int AtLeast { get; init; }
    public int Below { get; init; }
    public int AtMost { get; init; }
    public int Between { get; init; }
    public string? Sometimes { get; init; }
    public DateTimeOffset? At { get; init; }
    public int Not { get; init; }
}

public sealed class DescribedValidator : Validator<DescribedRequest>
{
    public DescribedValidator()
    {
        RuleFor(r => r.Page).InclusiveBetween(1, 50);
        RuleFor(r => r.Title).NotEmpty().MaximumLength(200);
        RuleFor(r => r.Note).Length(2, 9);
        RuleFor(r => r.Above).GreaterThan(1);
        RuleFor(r => r.AtLeast).GreaterThanOrEqualTo(2);
        RuleFor(r => r.Below).LessThan(3);
        RuleFor(r => r.AtMost).LessThanOrEqualTo(4);
        RuleFor(r => r.Between).InclusiveBetween(5, 6);
        RuleFor(r => r.Not).NotEqual(7);
        RuleFor(r => r.Sometimes).NotEmpty().When(r => r.Page > 1);
    }
}

public sealed class Described : Endpoint<DescribedRequest, Ok<WrittenAnswer>>
{
    public override void Configure()
    {
        Post("/probes/described/{id}");
        Summary(s => (s.Summary, s.Description) = ("A summary", "A description"));
    }

    public override Task<Ok<WrittenAnswer>> ExecuteAsync(DescribedRequest req, CancellationToken ct) => throw new ProbeException("only described");

    internal static void Set(DocumentOptions options)
    {
        options.ShortSchemaNames = true;
        options.FlattenSchema = true;
        options.RemoveEmptyRequestSchema = true;
        options.SerializerSettings = json => json.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
    }
}

public sealed record DescribedListRequest
{
    [RouteParam]
    public string Owner { get; init; } = "";

    [QueryParam]
    public Guid? After { get; init; }
}

public sealed class DescribedList : Endpoint<DescribedListRequest, Ok<IEnumerable<WrittenAnswer>>>
{
    public override void Configure() => Get("/probes/{owner}/described");

    public override Task<Ok<IEnumerable<WrittenAnswer>>> ExecuteAsync(DescribedListRequest req, CancellationToken ct) => throw new ProbeException("only described");
}
