using System.Text.Json;
using System.Text.Json.Serialization;
using FastEndpoints;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>What an endpoint is made of, and what becomes of what it returns or throws (surface sections 3.2, 5, 10 and 11.1).</summary>
public sealed class ExecutionTests(ProbeApp app) : TestBase<ProbeApp>
{
    [Theory]
    [InlineData("text", "200 \"text\"", "application/json; charset=utf-8")]
    [InlineData("nothing", "204", null)]
    [InlineData("conflict", "409", null)]
    [InlineData("problem", """451 {"type":"about:blank","title":"No","status":451}""", "application/problem+json")]
    public async Task Answers_with_the_member_of_the_union_that_was_returned(string which, string answer, string? contentType)
    {
        var response = await app.Send($"GET /union?which={which}");

        Assert.Equal(answer, await ProbeApp.Text(response));
        Assert.Equal(contentType, response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Answers_with_a_result_of_ones_own_kind_that_is_no_union() => Assert.Equal("299 own", await app.Ask("GET /own?text=own"));

    [Fact]
    public async Task Writes_an_answer_with_the_json_options_of_the_application() =>
        Assert.Equal("""200 {"at_noon":"<é>","is_null":null,"kind":"LaterToday"}""", await app.Ask("GET /written?text=x"));

    [Fact]
    public async Task Writes_a_failure_with_the_same_options_and_the_configured_type()
    {
        var response = await app.Send("GET /kinds?count=x");

        Assert.Equal("""422 {"status_code":422,"errors":["count: count=x is no Int32"]}""", await ProbeApp.Text(response));
        Assert.Equal($"{Probes.ErrorType}; charset=utf-8", response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task Lets_an_exception_through_to_the_middleware_before_it() => Assert.Equal("500 ProbeException: thrown", await app.Ask("GET /union?which=throw"));

    [Fact]
    public async Task Treats_an_exception_of_the_serializer_as_one_about_the_body() =>
        Assert.Equal("""418 {"status_code":418,"errors":["$.here: ProbeException"]}""", await app.Ask("GET /union?which=json"));

    [Fact]
    public async Task Makes_an_endpoint_for_each_request_from_the_services_of_that_request()
    {
        var first = await app.Ask("GET /made?text=x");

        Assert.EndsWith(" True True from the services\"", first, StringComparison.Ordinal);
        Assert.NotEqual(first, await app.Ask("GET /made?text=x"));
    }

    [Fact]
    public async Task Tells_an_endpoint_that_its_caller_has_gone()
    {
        using var leaving = new CancellationTokenSource();
        var gone = app.Services.GetRequiredService<Gone>();

        var request = app.CreateClient(_ => { }).GetAsync(new Uri("/waiting?text=x", UriKind.Relative), leaving.Token);
        await gone.Arrived.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        await gone.Told.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task Leaves_the_body_alone_where_the_request_is_empty()
    {
        Assert.Equal("200 \"bodyless {\"", await app.Ask("POST /bodyless", "{"));
        Assert.Equal("200 \"bodyless text\"", await app.Ask("POST /bodyless", "text", "text/plain"));
        Assert.Equal("200 \"bodyless \"", await app.Ask("POST /bodyless"));
    }
}

public sealed record UnionRequest
{
    [QueryParam]
    public string Which { get; init; } = "";
}

public sealed class Union : Endpoint<UnionRequest, Results<Ok<string>, NoContent, Conflict, ProblemHttpResult>>
{
    public override void Configure() => Get("/union");

    public override async Task<Results<Ok<string>, NoContent, Conflict, ProblemHttpResult>> ExecuteAsync(UnionRequest req, CancellationToken ct)
    {
        await Task.Yield();

        return req.Which switch
        {
            "nothing" => TypedResults.NoContent(),
            "conflict" => TypedResults.Conflict(),
            "problem" => TypedResults.Problem(statusCode: 451, title: "No", type: "about:blank"),
            "throw" => throw new ProbeException("thrown"),
            "json" => throw new JsonException("of the endpoint", "$.here", null, null, new ProbeException("inside")),
            _ => TypedResults.Ok(req.Which),
        };
    }
}

public sealed record OwnRequest
{
    [QueryParam]
    public string Text { get; init; } = "";
}

public sealed class OwnResult(string text) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = 299;

        return httpContext.Response.WriteAsync(text);
    }
}

public sealed class Own : Endpoint<OwnRequest, OwnResult>
{
    public override void Configure() => Get("/own");

    public override Task<OwnResult> ExecuteAsync(OwnRequest req, CancellationToken ct) => Task.FromResult(new OwnResult(req.Text));
}

[JsonConverter(typeof(JsonStringEnumConverter<Kind>))]
public enum Kind
{
    Now,
    LaterToday,
}

public sealed record WrittenAnswer(string AtNoon, string? IsNull, Kind Kind);

public sealed class Written : Endpoint<OwnRequest, Ok<WrittenAnswer>>
{
    public override void Configure() => Get("/written");

    public override Task<Ok<WrittenAnswer>> ExecuteAsync(OwnRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok(new WrittenAnswer("<é>", null, Kind.LaterToday)));
}

public sealed class Made(Scoped scoped) : Endpoint<OwnRequest, Ok<string>>
{
    private readonly Guid _made = Guid.NewGuid();

    public Greeting Greeting { get; set; } = null!;

    public override void Configure() => Get("/made");

    public override Task<Ok<string>> ExecuteAsync(OwnRequest req, CancellationToken ct)
    {
        var sameScope = ReferenceEquals(scoped, HttpContext.RequestServices.GetRequiredService<Scoped>());

        return Task.FromResult(TypedResults.Ok($"{_made} {sameScope} {Definition.EndpointType == GetType()} {Greeting.Text}"));
    }
}

/// <summary>How the caller and the endpoint of a request that is broken off know of each other.</summary>
public sealed class Gone
{
    public TaskCompletionSource Arrived { get; } = new();
    public TaskCompletionSource Told { get; } = new();
}

public sealed class Waiting(Gone gone) : Endpoint<OwnRequest, Ok<string>>
{
    public override void Configure() => Get("/waiting");

    public override Task<Ok<string>> ExecuteAsync(OwnRequest req, CancellationToken ct)
    {
        var never = new TaskCompletionSource<Ok<string>>();
        ct.Register(() =>
        {
            gone.Told.SetResult();
            never.SetCanceled(ct);
        });
        gone.Arrived.SetResult();

        return never.Task;
    }
}

public sealed class Bodyless : Endpoint<EmptyRequest, Ok<string>>
{
    public override void Configure() => Post("/bodyless");

    public override async Task<Ok<string>> ExecuteAsync(EmptyRequest req, CancellationToken ct) =>
        TypedResults.Ok($"bodyless {await new StreamReader(HttpContext.Request.Body).ReadToEndAsync(ct)}");
}
