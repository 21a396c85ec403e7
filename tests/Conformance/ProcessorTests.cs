using FastEndpoints;
using FastEndpoints.Testing;
using FluentValidation;
using FluentValidation.Results;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>When pre-processors run, what they see, and how one of them answers in the endpoint's place (surface sections 8 and 10).</summary>
public sealed class ProcessorTests(ProbeApp app) : TestBase<ProbeApp>
{
    [Fact]
    public async Task Run_in_the_order_in_which_they_were_added_each_type_once() =>
        Assert.Equal("200 \"handled\" < First fine 0, Second fine 0", await TraceAsync("POST /traced/5", """{"text":"fine"}"""));

    [Fact]
    public async Task See_no_request_when_a_value_could_not_be_read() =>
        Assert.Equal(
            """422 {"status_code":422,"errors":["id: id=five is no Int32"]} < First - 1, Second - 1""",
            await TraceAsync("POST /traced/five", """{"text":"fine"}"""));

    [Fact]
    public async Task See_no_request_when_the_body_could_not_be_read() =>
        Assert.Equal("""418 {"status_code":418,"errors":["$.text: JsonReaderException"]} < First - 1, Second - 1""", await TraceAsync("POST /traced/5", """{"text":"""));

    [Fact]
    public async Task See_the_request_and_the_failures_when_the_validator_refused() =>
        Assert.Equal("""422 {"status_code":422,"errors":["text: wanted","text: short"]} < First  2, Second  2""", await TraceAsync("POST /traced/5", "{}"));

    [Theory]
    [InlineData("POST /traced/5", """{"text":"stop"}""")]
    [InlineData("POST /traced/5?stop=1", """{"text":"fine"}""")]
    [InlineData("POST /traced/5?stop=1", "{}")]
    [InlineData("POST /traced/five?stop=1", "{}")]
    [InlineData("POST /traced/5?stop=1", "{")]
    public async Task Answer_in_place_of_the_endpoint_and_of_any_error_and_the_others_still_run(string request, string body)
    {
        var answer = await TraceAsync(request, body);

        Assert.StartsWith("403 \"stopped\", then Second < First ", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_the_endpoint_by_saying_that_the_answer_has_started() =>
        Assert.Equal("200 < First fine 0, Second fine 0", await TraceAsync("POST /traced/5?mark=1", """{"text":"fine"}"""));

    [Fact]
    public async Task Do_not_stop_the_endpoint_by_adding_a_failure() =>
        Assert.Equal("200 \"handled\" < First fine 0, Second fine 1", await TraceAsync("POST /traced/5?fail=1", """{"text":"fine"}"""));

    [Fact]
    public async Task Run_before_the_failure_of_the_endpoint_and_not_again_after_it()
    {
        Assert.Equal("500 ProbeException: thrown < First throw 0, Second throw 0", await TraceAsync("POST /traced/5", """{"text":"throw"}"""));
        Assert.Equal("""418 {"status_code":418,"errors":["$.inner: "]} < First json 0, Second json 0""", await TraceAsync("POST /traced/5", """{"text":"json"}"""));
    }

    [Fact]
    public async Task Run_not_at_all_before_the_request_has_reached_the_endpoint()
    {
        Assert.Equal("415 <", await TraceAsync("POST /traced/5", "{}", "text/plain"));
        Assert.Equal("415 <", await TraceAsync("POST /traced/5", null, null));
        Assert.Equal("405 <", await TraceAsync("PUT /traced/5", "{}"));
    }

    [Fact]
    public async Task Are_made_once_for_all_endpoints_from_the_services()
    {
        var made = await MadeAsync("POST /traced/5");

        Assert.Equal(made, await MadeAsync("POST /traced/5"));
        Assert.Equal(made, await MadeAsync("GET /traced"));
        Assert.EndsWith("from the services", made, StringComparison.Ordinal);
    }

    private async Task<string> MadeAsync(string request) => Assert.Single((await app.Send(request, """{"text":"fine"}""")).Headers.GetValues("X-Made"));

    private Task<string> TraceAsync(string request, string? body) => TraceAsync(request, body, "application/json");

    private async Task<string> TraceAsync(string request, string? body, string? contentType)
    {
        var response = await app.Send(request, body, contentType);
        var trace = response.Headers.TryGetValues("X-Trace", out var values) ? $" {string.Join(", ", values)}" : "";

        return $"{await ProbeApp.Text(response)} <{trace}";
    }
}

public sealed record TracedRequest
{
    [RouteParam]
    public int Id { get; init; }

    public string Text { get; init; } = "";
}

public sealed class TracedValidator : Validator<TracedRequest>
{
    public TracedValidator() => RuleFor(r => r.Text).NotEmpty().WithMessage("wanted").MinimumLength(3).WithMessage("short");
}

public sealed class Traced : Endpoint<TracedRequest, Ok<string>>
{
    public override void Configure() => Post("/traced/{id}");

    public override Task<Ok<string>> ExecuteAsync(TracedRequest req, CancellationToken ct) => req.Text switch
    {
        "throw" => throw new ProbeException("thrown"),
        "json" => throw new System.Text.Json.JsonException("of the endpoint", "$.inner", null, null),
        _ => Task.FromResult(TypedResults.Ok("handled")),
    };
}

public sealed record TracedListRequest
{
    public int Size { get; init; }
}

public sealed class TracedList : Endpoint<TracedListRequest, Ok<string>>
{
    public override void Configure() => Get("/traced");

    public override Task<Ok<string>> ExecuteAsync(TracedListRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok("listed"));
}

/// <summary>Thrown by a probe.</summary>
public sealed class ProbeException(string message) : Exception(message);

/// <summary>Writes down what it is told, and does what the query asks of it.</summary>
public sealed class FirstTrace(Greeting greeting) : IGlobalPreProcessor
{
    private readonly string _made = $"{Guid.NewGuid()} {greeting.Text}";

    public async Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct)
    {
        Trace.Write(context, "First");
        context.HttpContext.Response.Headers["X-Made"] = _made;

        if (context.HttpContext.Request.Query.ContainsKey("mark"))
            context.HttpContext.MarkResponseStart();
        else if (context.HttpContext.Request.Query.ContainsKey("fail"))
            context.ValidationFailures.Add(new ValidationFailure("text", "added"));
        else if (context.HttpContext.Request.Query.ContainsKey("stop") || context.Request is TracedRequest { Text: "stop" })
            await context.HttpContext.Response.SendResultAsync(TypedResults.Json("stopped", statusCode: 403));
    }
}

/// <summary>Writes down what it is told.</summary>
public sealed class SecondTrace : IGlobalPreProcessor
{
    public async Task PreProcessAsync(IPreProcessorContext context, CancellationToken ct)
    {
        Trace.Write(context, "Second");

        if (context.HttpContext.Response.HasStarted)
            await context.HttpContext.Response.WriteAsync(", then Second", ct);
    }
}

internal static class Trace
{
    public static void Write(IPreProcessorContext context, string name)
    {
        var text = context.Request switch { null => "-", TracedRequest request => request.Text, _ => "other" };
        Assert.Equal(context.ValidationFailures.Count > 0, context.HasValidationFailures);

        if (!context.HttpContext.Response.HasStarted)
            context.HttpContext.Response.Headers.Append("X-Trace", $"{name} {text} {context.ValidationFailures.Count}");
    }
}
