using FastEndpoints;
using FluentValidation;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

// The host of the probes leaves this namespace out: these are started one by one.
namespace TaskSlices.Conformance.Starts;

public sealed record PlainRequest
{
    public int Size { get; init; }
}

public sealed class PlainValidator : Validator<PlainRequest>
{
    public PlainValidator() => RuleFor(r => r.Size).GreaterThan(0);
}

public sealed class OtherPlainValidator : Validator<PlainRequest>
{
    public OtherPlainValidator() => RuleFor(r => r.Size).LessThan(9);
}

public sealed class Plain : Endpoint<PlainRequest, Ok>
{
    public override void Configure()
    {
        Post("/plain");
        Summary(s => (s.Summary, s.Description) = ("A summary", "A description"));
        Description(b => b.WithMetadata("first"));
        Description(b => b.WithMetadata("second"));
    }

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class SameRoute : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Post("/plain");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class OtherVerb : Endpoint<PlainRequest, Results<Ok, Conflict>>
{
    public override void Configure()
    {
        Put("/plain");
        AllowAnonymous();
    }

    public override Task<Results<Ok, Conflict>> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult<Results<Ok, Conflict>>(TypedResults.Ok());
}

public sealed class PatchVerb : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Patch("/plain");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

internal sealed class Internal : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Get("/internal");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public abstract class Abstract : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Post("/plain");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());

    public sealed class Nested : Abstract
    {
        public override void Configure() => Get("/nested");
    }
}

public sealed class Open<T> : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Post("/plain");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class Nowhere : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Summary(s => s.Summary = "An endpoint that says neither verb nor route");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class NoRoute : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Get();

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class TwoRoutes : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Get("/one", "/two");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class NoResult : Endpoint<PlainRequest, string>
{
    public override void Configure() => Get("/no-result");

    public override Task<string> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult("text");
}

public sealed class Disposed : Endpoint<PlainRequest, Ok>, IDisposable
{
    public override void Configure() => Get("/disposed");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());

    public void Dispose() { }
}

public sealed class DisposedLater : Endpoint<PlainRequest, Ok>, IAsyncDisposable
{
    public override void Configure() => Get("/disposed-later");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

public sealed record ListingRequest
{
    public List<string> Names { get; init; } = [];
}

public sealed class Listing : Endpoint<ListingRequest, Ok>
{
    public override void Configure() => Post("/listing");

    public override Task<Ok> ExecuteAsync(ListingRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class WholeList : Endpoint<List<string>, Ok>
{
    public override void Configure() => Post("/whole-list");

    public override Task<Ok> ExecuteAsync(List<string> req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public enum Colour
{
    Red,
}

public sealed record ColouredRequest
{
    [QueryParam]
    public Colour? Colour { get; init; }
}

public sealed class Coloured : Endpoint<ColouredRequest, Ok>
{
    public override void Configure() => Get("/coloured");

    public override Task<Ok> ExecuteAsync(ColouredRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed record UnboundRequest;

public sealed class Unbound : Endpoint<UnboundRequest, Ok>
{
    public override void Configure() => Get("/unbound");

    public override Task<Ok> ExecuteAsync(UnboundRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed record ClashingRequest
{
    [QueryParam]
    public int Size { get; init; }

    [QueryParam, BindFrom("SIZE")]
    public int Other { get; init; }
}

public sealed class Clashing : Endpoint<ClashingRequest, Ok<string>>
{
    public override void Configure() => Get("/clashing");

    public override Task<Ok<string>> ExecuteAsync(ClashingRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Size} {req.Other}"));
}

[AllowAnonymous]
public sealed class Marked : Endpoint<PlainRequest, Ok>
{
    public override void Configure() => Get("/marked");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class Moved : Endpoint<PlainRequest, Ok>
{
    public override void Configure()
    {
        Get("/unmoved");
        Post("/moved");
    }

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class Unserved : Endpoint<PlainRequest, Ok>
{
    public StringComparer Missing { get; set; } = null!;

    public override void Configure() => Get("/unserved");

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed record UnmadeRequest
{
    private UnmadeRequest() { }

    public string Text { get; init; } = "";

    public static UnmadeRequest Make() => new();
}

public sealed class Unmade : Endpoint<UnmadeRequest, Ok>
{
    public override void Configure() => Get("/unmade");

    public override Task<Ok> ExecuteAsync(UnmadeRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}

public sealed class Afterwards : Endpoint<PlainRequest, Ok>
{
    public override void Configure()
    {
        Get("/afterwards");
        Definition.PreProcessor<SecondTrace>(Order.After);
    }

    public override Task<Ok> ExecuteAsync(PlainRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok());
}
