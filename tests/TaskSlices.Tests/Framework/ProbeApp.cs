using FastEndpoints;
using FastEndpoints.Testing;
using FluentValidation;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Tests.Framework;

/// <summary>The application with the probes of this folder beside its own slices, under the same configuration.</summary>
[DisableWafCache]
public sealed class ProbeApp : App
{
    protected override void ConfigureServices(IServiceCollection s) => s.AddFastEndpoints(discovery =>
    {
        discovery.DisableAutoDiscovery = true;
        discovery.Assemblies = [typeof(Program).Assembly, typeof(ProbeApp).Assembly];
    });
}

public sealed record EchoRequest : OwnedRequest
{
    [RouteParam]
    public int Number { get; init; }

    [RouteParam, BindFrom("the_word")]
    public string Word { get; init; } = "";

    [QueryParam]
    public int? Count { get; init; }

    [QueryParam]
    public Guid? Cursor { get; init; }

    public string Text { get; init; } = "unsaid";
    public int Size { get; init; } = 3;
}

public sealed class EchoValidator : Validator<EchoRequest>
{
    public EchoValidator() => RuleFor(r => r.Size).LessThan(10).WithMessage("size is too large.");
}

public sealed class Echo : Endpoint<EchoRequest, Ok<string>>
{
    public override void Configure() => Post("/api/{user_id}/echo/{number}/{the_word}");

    public override Task<Ok<string>> ExecuteAsync(EchoRequest req, CancellationToken ct) => req.Text == "throw"
        ? throw new InvalidOperationException("a secret of the handler")
        : Task.FromResult(TypedResults.Ok($"{req.UserId} {req.Number} {req.Word} {req.Count} {req.Cursor} {req.Text} {req.Size}"));
}
