using FastEndpoints;
using FastEndpoints.Testing;
using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>When a validator runs, what it is made of, and the names that it gives (surface section 7).</summary>
public sealed class ValidationTests(ProbeApp app) : TestBase<ProbeApp>
{
    [Fact]
    public async Task Reports_all_rules_that_are_broken_in_the_order_in_which_they_are_written() =>
        Assert.Equal(
            """422 {"status_code":422,"errors":["page_size: too large","first_name: wanted","first_name.length: short","page_size: odd"]}""",
            await app.Ask("POST /ruled", """{"page_size":11}"""));

    [Fact]
    public async Task Names_a_field_in_its_own_words_as_on_the_wire() =>
        Assert.Equal(
            """422 {"status_code":422,"errors":["last_name: 'last_name' must not be empty."]}""",
            await app.Ask("POST /ruled", """{"page_size":2,"first_name":"Ann","last_name":""}"""));

    [Fact]
    public async Task Lets_a_request_through_that_breaks_no_rule() =>
        Assert.Equal("200 \"Ann\"", await app.Ask("POST /ruled", """{"page_size":2,"first_name":"Ann"}"""));

    [Fact]
    public async Task Asks_the_validator_only_about_a_request_that_could_be_read()
    {
        Assert.Equal("""422 {"status_code":422,"errors":["page_size: page_size=x is no Int32"]}""", await app.Ask("POST /ruled?page_size=x", "{}"));
        Assert.Equal("""418 {"status_code":418,"errors":["$.page_size: FormatException"]}""", await app.Ask("POST /ruled", """{"page_size":"x"}"""));
    }

    [Fact]
    public async Task Waits_for_rules_that_take_time() =>
        Assert.Equal("""422 {"status_code":422,"errors":["first_name: taken"]}""", await app.Ask("POST /ruled", """{"page_size":2,"first_name":"Bob"}"""));

    [Fact]
    public async Task Makes_one_validator_for_all_requests_of_a_type()
    {
        var first = await app.Ask("POST /counted", "{}");

        Assert.StartsWith("422", first, StringComparison.Ordinal);
        Assert.Equal(first, await app.Ask("POST /counted", "{}"));
        Assert.Equal(first, await app.Ask("POST /counted/again", "{}"));
    }

    [Fact]
    public async Task Makes_a_validator_from_the_services() =>
        Assert.Equal("""422 {"status_code":422,"errors":["text: from the services"]}""", await app.Ask("POST /served", "{}"));

    [Fact]
    public async Task Takes_a_validator_that_is_a_service_itself() =>
        Assert.Equal("""422 {"status_code":422,"errors":["text: registered"]}""", await app.Ask("POST /registered", "{}"));
}

public sealed record RuledRequest
{
    public string FirstName { get; init; } = "";
    public string LastName { get; init; } = "Lee";
    public int PageSize { get; init; }
}

public sealed class RuledValidator : Validator<RuledRequest>
{
    public RuledValidator()
    {
        RuleFor(r => r.PageSize).LessThan(10).WithMessage("too large");
        RuleFor(r => r.FirstName).NotEmpty().WithMessage("wanted").MustAsync(IsFreeAsync).WithMessage("taken");
        RuleFor(r => r.FirstName.Length).GreaterThan(2).WithMessage("short");
        RuleFor(r => r.LastName).NotEmpty();
        RuleFor(r => r.PageSize).Must(size => size % 2 == 0).WithMessage("odd");
    }

    private static async Task<bool> IsFreeAsync(string name, CancellationToken ct)
    {
        await Task.Yield();

        return name != "Bob" && ct.CanBeCanceled;
    }
}

public sealed class Ruled : Endpoint<RuledRequest, Ok<string>>
{
    public override void Configure() => Post("/ruled");

    public override Task<Ok<string>> ExecuteAsync(RuledRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.FirstName));
}

public sealed record CountedRequest
{
    public string Text { get; init; } = "";
}

public sealed class CountedValidator : Validator<CountedRequest>
{
    public CountedValidator()
    {
        var made = Guid.NewGuid();
        RuleFor(r => r.Text).NotEmpty().WithMessage($"{made}");
    }
}

public sealed class Counted : Endpoint<CountedRequest, Ok<string>>
{
    public override void Configure() => Post("/counted");

    public override Task<Ok<string>> ExecuteAsync(CountedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}

public sealed class CountedAgain : Endpoint<CountedRequest, Ok<string>>
{
    public override void Configure() => Post("/counted/again");

    public override Task<Ok<string>> ExecuteAsync(CountedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}

public sealed record ServedRequest
{
    public string Text { get; init; } = "";
}

public sealed class ServedValidator : Validator<ServedRequest>
{
    public ServedValidator(Greeting greeting) => RuleFor(r => r.Text).NotEmpty().WithMessage(greeting.Text);
}

public sealed class Served : Endpoint<ServedRequest, Ok<string>>
{
    public override void Configure() => Post("/served");

    public override Task<Ok<string>> ExecuteAsync(ServedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}

public sealed record RegisteredRequest
{
    public string Text { get; init; } = "";
}

public sealed class RegisteredValidator : Validator<RegisteredRequest>
{
    public RegisteredValidator(string message) => RuleFor(r => r.Text).NotEmpty().WithMessage(message);
}

public sealed class Registered : Endpoint<RegisteredRequest, Ok<string>>
{
    public override void Configure() => Post("/registered");

    public override Task<Ok<string>> ExecuteAsync(RegisteredRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}
