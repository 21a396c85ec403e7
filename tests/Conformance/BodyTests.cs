using System.Text;
using FastEndpoints;
using FastEndpoints.Testing;
using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>Bodies that are right, broken, missing, or of the wrong kind (surface sections 4.5, 5, 6.3 and 6.6).</summary>
public sealed class BodyTests(ProbeApp app) : TestBase<ProbeApp>
{
    [Theory]
    [InlineData("""{"size":""", "$.size: JsonReaderException")]
    [InlineData("", "$: JsonReaderException")]
    [InlineData("{} {}", "$: JsonReaderException")]
    [InlineData("[]", "$: ")]
    [InlineData("7", "$: ")]
    [InlineData("""{"size":"x"}""", "$.size: FormatException")]
    [InlineData("""{"size":1.5}""", "$.size: FormatException")]
    [InlineData("""{"size":null}""", "$.size: InvalidOperationException")]
    [InlineData("""{"text":7}""", "$.text: InvalidOperationException")]
    public async Task Answers_what_the_serializer_refuses_with_a_status_of_its_own(string body, string error) =>
        Assert.Equal($$"""418 {"status_code":418,"errors":["{{error}}"]}""", await app.Ask("POST /sources/5/milk", body));

    [Fact]
    public async Task Reads_nothing_else_of_a_request_whose_body_is_broken() =>
        Assert.Equal("""418 {"status_code":418,"errors":["$.size: FormatException"]}""", await app.Ask("POST /sources/five/milk?page_size=x", """{"size":"x"}"""));

    [Fact]
    public async Task Makes_the_request_as_if_there_were_no_body_of_a_null() =>
        Assert.Equal("200 \"5 milk 2  unsaid 3\"", await app.Ask("POST /sources/5/milk?page_size=2", "null"));

    [Fact]
    public async Task Validates_the_request_that_it_makes_of_a_null() =>
        Assert.Equal("""422 {"status_code":422,"errors":["name: name is wanted."]}""", await app.Ask("POST /named", "null"));

    [Theory]
    [InlineData("application/json")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/merge-patch+json")]
    public async Task Takes_a_body_of_any_type_of_json(string contentType) =>
        Assert.Equal("200 \"5 milk   unsaid 4\"", await app.Ask("POST /sources/5/milk", """{"size":4}""", contentType));

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/json+x")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("nonsense")]
    public async Task Takes_no_body_of_another_type(string contentType) =>
        Assert.Equal("415", await app.Ask("POST /sources/5/milk", """{"size":4}""", contentType));

    [Fact]
    public async Task Takes_no_request_without_a_content_type_where_a_body_is_expected()
    {
        Assert.Equal("415", await app.Ask("POST /sources/5/milk"));
        Assert.Equal("415", await app.Ask("POST /sources/5/milk", """{"size":4}""", null));
    }

    [Fact]
    public async Task Reads_a_charset_other_than_utf_8()
    {
        var response = await app.Send("POST /sources/5/milk", Encoding.Unicode.GetBytes("""{"text":"ü"}"""), "application/json; charset=utf-16");

        Assert.Equal("200 \"5 milk   ü 3\"", await ProbeApp.Text(response));
    }

    [Fact]
    public async Task Throws_over_a_charset_that_there_is_not() =>
        Assert.StartsWith("500 InvalidOperationException", await app.Ask("POST /sources/5/milk", "{}", "application/json; charset=klingon"), StringComparison.Ordinal);

    [Theory]
    [InlineData("GET /kinds", null)]
    [InlineData("GET /kinds", "text/plain")]
    [InlineData("DELETE /elsewhere/5", null)]
    [InlineData("DELETE /elsewhere/5", "text/plain")]
    [InlineData("POST /elsewhere/5", null)]
    [InlineData("POST /elsewhere/5", "text/plain")]
    public async Task Asks_for_no_content_type_where_nothing_comes_from_the_body(string request, string? contentType) =>
        Assert.StartsWith("200", await app.Ask(request, "whatever", contentType), StringComparison.Ordinal);

    [Fact]
    public async Task Reads_a_body_of_json_whatever_the_verb()
    {
        Assert.Equal("200 \"4\"", await app.Ask("GET /sized", """{"size":4}"""));
        Assert.Equal("200 \"4\"", await app.Ask("DELETE /sized", """{"size":4}"""));
        Assert.StartsWith("418", await app.Ask("GET /sized", "", "application/json"), StringComparison.Ordinal);
        Assert.Equal("200 \"3\"", await app.Ask("GET /sized", """{"size":4}""", "text/plain"));
        Assert.Equal("200 \"3\"", await app.Ask("GET /sized"));
    }

    [Fact]
    public async Task Reads_a_body_of_json_even_where_nothing_has_to_come_from_it()
    {
        Assert.Equal("200 \"5 7\"", await app.Ask("POST /elsewhere/5", """{"count":7,"id":6}"""));
        Assert.StartsWith("418", await app.Ask("POST /elsewhere/5", "{"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_who_is_calling_after_the_wrong_type_and_before_the_missing_one()
    {
        Assert.Equal("415", await app.Ask("POST /closed", "{}", "text/plain"));
        Assert.Equal("401", await app.Ask("POST /closed"));
        Assert.Equal("401", await app.Ask("POST /closed", "{"));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("HEAD")]
    public async Task Names_the_verbs_that_there_are_when_asked_with_another(string verb)
    {
        var response = await app.Send($"{verb} /sized");

        Assert.Equal("405", await ProbeApp.Text(response));
        Assert.Equal(["DELETE", "GET"], response.Content.Headers.Allow.Order());
    }

    [Fact]
    public async Task Has_nothing_where_a_constraint_of_the_route_is_not_met() => Assert.Equal("404", await app.Ask("GET /owners/ann/five"));

    [Theory]
    [InlineData("""{"name":"x","id":"5"}""", "200 \"5 x\"")]
    [InlineData("""{"name":"x"}""", "200 \"5 x\"")]
    [InlineData("{}", """418 {"status_code":418,"errors":["$: "]}""")]
    public async Task Demands_a_required_member_of_the_body_unless_it_comes_from_elsewhere(string body, string answer) =>
        Assert.Equal(answer, await app.Ask("POST /demanding/5", body));

    [Fact]
    public async Task Demands_no_required_member_without_a_body() => Assert.Equal("200 \"5 \"", await app.Ask("POST /demanding/5", "null"));
}

public sealed record NamedRequest
{
    public string Name { get; init; } = "";
}

public sealed class NamedValidator : Validator<NamedRequest>
{
    public NamedValidator() => RuleFor(r => r.Name).NotEmpty().WithMessage("name is wanted.");
}

public sealed class Named : Endpoint<NamedRequest, Ok<string>>
{
    public override void Configure() => Post("/named");

    public override Task<Ok<string>> ExecuteAsync(NamedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Name));
}

public sealed record ClosedRequest
{
    public string Text { get; init; } = "";
}

public sealed class Closed : Endpoint<ClosedRequest, Ok<string>>
{
    public override void Configure() => Post("/closed");

    public override Task<Ok<string>> ExecuteAsync(ClosedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}

public sealed record ElsewhereRequest
{
    [RouteParam]
    public int Id { get; init; }

    [QueryParam]
    public int? Count { get; init; }
}

public sealed class Elsewhere : Endpoint<ElsewhereRequest, Ok<string>>
{
    public override void Configure() => Post("/elsewhere/{id}");

    public override Task<Ok<string>> ExecuteAsync(ElsewhereRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Id} {req.Count}"));
}

public sealed class DeleteElsewhere : Endpoint<ElsewhereRequest, Ok<string>>
{
    public override void Configure() => Delete("/elsewhere/{id}");

    public override Task<Ok<string>> ExecuteAsync(ElsewhereRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Id} {req.Count}"));
}

public sealed record SizedRequest
{
    public int Size { get; init; } = 3;
}

public sealed class Sized : Endpoint<SizedRequest, Ok<string>>
{
    public override void Configure() => Get("/sized");

    public override Task<Ok<string>> ExecuteAsync(SizedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Size}"));
}

public sealed class DeleteSized : Endpoint<SizedRequest, Ok<string>>
{
    public override void Configure() => Delete("/sized");

    public override Task<Ok<string>> ExecuteAsync(SizedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Size}"));
}

public sealed record DemandingRequest
{
    [RouteParam]
    public required string Id { get; init; }

    public required string Name { get; init; }
}

public sealed class Demanding : Endpoint<DemandingRequest, Ok<string>>
{
    public override void Configure() => Post("/demanding/{id}");

    public override Task<Ok<string>> ExecuteAsync(DemandingRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Id} {req.Name}"));
}
