using System.Text.Json;
using FastEndpoints;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Conformance.Starts;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>What is found, how it is mapped, and what keeps the process from starting (surface sections 2, 3.3, 4.5 and 12).</summary>
public sealed class StartTests(ProbeApp app) : TestBase<ProbeApp>
{
    [Fact]
    public void Refuses_two_endpoints_on_one_verb_and_route() =>
        Assert.Throws<InvalidOperationException>(() => Start.With(typeof(Plain), typeof(SameRoute)));

    [Fact]
    public void Takes_two_verbs_on_one_route() => Assert.Equal(["OtherVerb", "PatchVerb", "Plain"], Names(Start.With(typeof(Plain), typeof(OtherVerb), typeof(PatchVerb))));

    [Fact]
    public void Refuses_two_validators_of_one_request() =>
        Assert.Throws<InvalidOperationException>(() => Start.With(typeof(Plain), typeof(PlainValidator), typeof(OtherPlainValidator)));

    [Theory]
    [InlineData(typeof(Nowhere))]
    [InlineData(typeof(NoRoute))]
    public void Refuses_an_endpoint_that_is_nowhere(Type endpoint) => Assert.Throws<ArgumentException>(() => Start.With(endpoint));

    [Fact]
    public void Refuses_to_start_with_no_endpoint_at_all() => Assert.Throws<InvalidOperationException>(() => Start.With(typeof(PlainValidator)));

    [Fact]
    public void Refuses_a_pipeline_that_has_no_routes() =>
        Assert.Throws<InvalidCastException>(() => ((IApplicationBuilder)new ApplicationBuilder(app.Services)).UseFastEndpoints(Probes.Configure));

    [Fact]
    public void Takes_two_validators_of_a_request_that_no_endpoint_has() =>
        Assert.Equal(["Sized"], Names(Start.With(typeof(Sized), typeof(PlainValidator), typeof(OtherPlainValidator))));

    [Fact]
    public void Takes_the_verb_and_route_that_were_said_last()
    {
        var moved = Endpoint(Start.With(typeof(Moved)), nameof(Moved));

        Assert.Equal(("/moved", "POST"), (moved.RoutePattern.RawText, moved.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Single()));
    }

    [Fact]
    public void Demands_the_services_of_an_endpoint_when_it_is_mapped() =>
        Assert.Throws<InvalidOperationException>(() => Start.With(typeof(Unserved)));

    [Fact]
    public async Task Lets_nobody_configure_an_endpoint_that_is_mapped()
    {
        Assert.StartsWith("500 InvalidOperationException", await app.Ask("GET /late?what=open"), StringComparison.Ordinal);
        Assert.StartsWith("500 InvalidOperationException", await app.Ask("GET /late?what=move"), StringComparison.Ordinal);
        Assert.StartsWith("500 InvalidOperationException", await app.Ask("GET /late?what=definition"), StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_internal_and_nested_endpoints_and_leaves_out_what_can_not_be_made() =>
        Assert.Equal(["Internal", "Nested"], Names(Start.With(typeof(Internal), typeof(Abstract), typeof(Abstract.Nested), typeof(Open<>))));

    [Fact]
    public void Finds_only_what_the_filter_lets_through()
    {
        var names = Names(app.Services);

        Assert.Contains(nameof(Sources), names);
        Assert.DoesNotContain(nameof(Plain), names);
    }

    [Fact]
    public void Names_an_endpoint_after_its_class_for_links_and_documents() =>
        Assert.Equal("/sources/5/milk", app.Services.GetRequiredService<LinkGenerator>().GetPathByName(nameof(Sources), new RouteValueDictionary { ["list_id"] = 5, ["the_word"] = "milk" }));

    [Fact]
    public void Keeps_its_definition_on_the_endpoint()
    {
        var definition = Metadata<EndpointDefinition>(nameof(Sources));

        Assert.Equal((typeof(Sources), typeof(SourcesRequest)), (definition.EndpointType, definition.ReqDtoType));
        Assert.Equal(["POST"], definition.Verbs!);
        Assert.Equal(["/sources/{list_id}/{the_word}"], definition.Routes!);
    }

    [Fact]
    public void Runs_the_configurator_when_an_endpoint_has_said_where_it_is() =>
        Assert.Equal(new ConfiguredFor("POST", "/sources/{list_id}/{the_word}"), Metadata<ConfiguredFor>(nameof(Sources)));

    [Fact]
    public void Runs_the_configuration_once_in_a_process()
    {
        Start.With(_ => Assert.Fail("It ran again."), typeof(Plain));
        Assert.NotNull(app.Services);
    }

    [Fact]
    public void Describes_an_endpoint_by_the_last_description_first() =>
        Assert.Equal(["second", "first"], Endpoint(Start.With(typeof(Plain)), nameof(Plain)).Metadata.OfType<string>());

    [Fact]
    public void Closes_an_endpoint_unless_it_is_said_to_be_open()
    {
        var closed = Endpoint(app.Services, nameof(Closed));

        Assert.NotNull(closed.Metadata.GetMetadata<IAuthorizeData>());
        Assert.Null(closed.Metadata.GetMetadata<IAllowAnonymous>());
        Assert.Null(Endpoint(app.Services, nameof(Sources)).Metadata.GetMetadata<IAuthorizeData>());
        Assert.NotNull(Endpoint(Start.With(typeof(OtherVerb)), nameof(OtherVerb)).Metadata.GetMetadata<IAllowAnonymous>());
    }

    [Theory]
    [InlineData(nameof(Sources), "application/json")]
    [InlineData(nameof(Elsewhere), "*/*")]
    [InlineData(nameof(DeleteElsewhere), "*/*")]
    [InlineData(nameof(Sized), "*/*,application/json")]
    [InlineData(nameof(DeleteSized), "*/*,application/json")]
    [InlineData(nameof(Bodyless), "")]
    public void Says_which_types_of_body_an_endpoint_takes(string name, string types) =>
        Assert.Equal(types, string.Join(',', Endpoint(app.Services, name).Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes ?? []));

    [Theory]
    [InlineData(nameof(Sources), "200 String")]
    [InlineData(nameof(Ruled), "200 String,422 Refusal application/probe+json")]
    [InlineData(nameof(Union), "200 String,204 Void,409 Void")]
    [InlineData(nameof(Closed), "200 String,401 Void")]
    public void Says_what_an_endpoint_answers(string name, string answers) =>
        Assert.Equal(answers, string.Join(',', Endpoint(app.Services, name).Metadata.OfType<IProducesResponseTypeMetadata>()
            .Select(p => $"{p.StatusCode} {p.Type?.Name ?? "Void"} {string.Join(' ', p.ContentTypes.Where(t => t == Probes.ErrorType))}".TrimEnd()).Distinct().Order()));

    [Fact]
    public void Takes_no_notice_of_what_a_class_is_marked_with()
    {
        var marked = Endpoint(Start.With(typeof(Marked)), nameof(Marked));

        Assert.Null(marked.Metadata.GetMetadata<IAllowAnonymous>());
        Assert.NotNull(marked.Metadata.GetMetadata<IAuthorizeData>());
    }

    [Fact]
    public async Task Maps_a_list_of_the_routes_for_test_helpers()
    {
        var list = await app.Ask("GET /_test_url_cache_");

        Assert.StartsWith("200 [", list, StringComparison.Ordinal);
        Assert.Contains($"{typeof(Sources).FullName}|/sources/{{list_id}}/{{the_word}}", JsonSerializer.Deserialize<string[]>(list[4..])!);
        Assert.Null(Endpoints(app.Services).Single(e => e.RoutePattern.RawText!.Contains("_test_url_cache_", StringComparison.Ordinal)).Metadata.GetMetadata<IAllowAnonymous>());
    }

    private static IEnumerable<RouteEndpoint> Endpoints(IServiceProvider services) => services.GetRequiredService<EndpointDataSource>().Endpoints.Cast<RouteEndpoint>();

    private static RouteEndpoint Endpoint(IServiceProvider services, string name) =>
        Endpoints(services).Single(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name);

    private static RouteEndpoint Endpoint(WebApplication app, string name) =>
        Endpoints(app).Single(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == name);

    private static IEnumerable<RouteEndpoint> Endpoints(WebApplication app) => ((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints).Cast<RouteEndpoint>();

    private static IEnumerable<string> Names(IServiceProvider services) => Names(Endpoints(services));

    private static IEnumerable<string> Names(WebApplication app) => Names(Endpoints(app));

    private static IEnumerable<string> Names(IEnumerable<RouteEndpoint> endpoints) =>
        endpoints.Select(e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName).OfType<string>().Order(StringComparer.Ordinal);

    private T Metadata<T>(string name) where T : class => Endpoint(app.Services, name).Metadata.GetMetadata<T>()!;
}

public sealed record LateRequest
{
    [QueryParam]
    public string What { get; init; } = "";
}

public sealed class Late : Endpoint<LateRequest, Ok>
{
    public override void Configure() => Get("/late");

    public override Task<Ok> ExecuteAsync(LateRequest req, CancellationToken ct)
    {
        switch (req.What)
        {
            case "open":
                AllowAnonymous();
                break;
            case "move":
                Get("/later");
                break;
            default:
                Definition.Description(b => b.WithMetadata("late"));
                break;
        }

        return Task.FromResult(TypedResults.Ok());
    }
}
