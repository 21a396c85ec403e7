using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Infrastructure.Auth;

// A namespace of their own: the probes' application leaves it out.
namespace TaskSlices.Tests;

public sealed record TwiceRequest : OwnedRequest
{
    public int Size { get; init; }
}

public sealed class TwiceValidator : Validator<TwiceRequest>
{
    public TwiceValidator() => RuleFor(r => r.Size).GreaterThan(0);
}

public sealed class TwiceOtherValidator : Validator<TwiceRequest>
{
    public TwiceOtherValidator() => RuleFor(r => r.Size).LessThan(9);
}

public sealed class Twice : Endpoint<TwiceRequest, Ok>
{
    public override void Configure() => Post("/api/{user_id}/twice");

    public override Task<Ok> ExecuteAsync(TwiceRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed record AgainRequest : OwnedRequest
{
    public int Size { get; init; }
}

public sealed class Again : Endpoint<AgainRequest, Ok>
{
    public override void Configure() => Post("/api/{user_id}/twice");

    public override Task<Ok> ExecuteAsync(AgainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed record NowhereRequest : OwnedRequest
{
    public int Size { get; init; }
}

public sealed class Nowhere : Endpoint<NowhereRequest, Ok>
{
    public override void Configure() => Summary(s => s.Summary = "An endpoint that says neither verb nor route");

    public override Task<Ok> ExecuteAsync(NowhereRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}
