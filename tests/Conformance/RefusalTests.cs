using System.Security.Claims;
using FastEndpoints;
using FastEndpoints.Security;
using FastEndpoints.Swagger;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Conformance.Starts;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>Where a stand-in is less than the real package, the process does not start, and says which page to read: never a silent difference.</summary>
public sealed class RefusalTests(ProbeApp app) : TestBase<ProbeApp>
{
    [Theory]
    [InlineData(typeof(TwoRoutes), "TwoRoutes, which has several routes,")]
    [InlineData(typeof(NoResult), "NoResult, whose answer is not an IResult,")]
    [InlineData(typeof(Disposed), "Disposed, which is disposable,")]
    [InlineData(typeof(DisposedLater), "DisposedLater, which is disposable,")]
    [InlineData(typeof(Listing), "A property of the type of ListingRequest.Names")]
    [InlineData(typeof(Coloured), "A property of the type of ColouredRequest.Colour")]
    [InlineData(typeof(WholeList), "which is a list or has no public constructor,")]
    [InlineData(typeof(Unmade), "UnmadeRequest, which is a list or has no public constructor,")]
    [InlineData(typeof(Unbound), "UnboundRequest, which has no property to bind,")]
    [InlineData(typeof(Clashing), "ClashingRequest, two of whose properties have one name,")]
    [InlineData(typeof(Afterwards), "Order.After")]
    public void Of_an_endpoint(Type endpoint, string what) => AssertRefused(what, () => Start.With(endpoint));

    [Fact]
    public void Of_a_discovery_that_is_automatic()
    {
        AssertRefused("Discovery without DisableAutoDiscovery and Assemblies", () => new ServiceCollection().AddFastEndpoints());
        AssertRefused(
            "Discovery without DisableAutoDiscovery and Assemblies", () => new ServiceCollection().AddFastEndpoints(o => o.Assemblies = [typeof(Start).Assembly]));
    }

    [Fact]
    public void Of_names_that_have_no_policy() => AssertRefused("JsonOptions' PropertyNamingPolicy", () =>
    {
        var builder = WebApplication.CreateSlimBuilder();
        Probes.Add(builder.Services, type => type == typeof(Sources));
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = null);
        builder.Build().UseFastEndpoints(Probes.Configure);
    });

    [Theory]
    [InlineData("no ResponseBuilder", "Leaving Errors.ResponseBuilder unset")]
    [InlineData("no ProducesMetadataType", "Leaving Errors.ProducesMetadataType unset")]
    [InlineData("no JsonExceptionTransformer", "Leaving Binding.JsonExceptionTransformer unset")]
    [InlineData("no FailureMessage", "Leaving Binding.FailureMessage unset")]
    [InlineData("long names", "Endpoints.ShortNames = false")]
    [InlineData("no naming policy", "Binding.UsePropertyNamingPolicy = false")]
    [InlineData("defaults for empty values", "Binding.UseDefaultValuesForNullableProps = true")]
    public async Task Of_a_configuration(string name, string what)
    {
        Build.SkipWithoutStandIns();

        Assert.Equal($"1 NotSupportedException: {what} is not supported by the stand-in. See docs/decisions/0002-stand-ins.md.", await StartAloneAsync(name));
    }

    [Fact]
    public async Task Not_of_the_configuration_that_the_probes_have() => Assert.Equal("0 started", await StartAloneAsync("as the probes"));

    /// <summary>Not a refusal of the stand-ins alone: the real package asks the host as well.</summary>
    [Fact]
    public async Task Of_a_token_before_there_is_a_host_in_either_build() =>
        Assert.StartsWith("1 InvalidOperationException", await StartAloneAsync("a token"), StringComparison.Ordinal);

    [Theory]
    [InlineData("HS512", TokenSigningStyle.Symmetric, false)]
    [InlineData("HS256", TokenSigningStyle.Symmetric, true)]
    [InlineData("HS256", TokenSigningStyle.Asymmetric, true)]
    [InlineData("RS256", TokenSigningStyle.Asymmetric, false)]
    public void Of_a_kind_of_token(string algorithm, TokenSigningStyle style, bool isPem) =>
        AssertRefused("A token that is neither signed with HS256 nor, by a key as PEM, with RS256,", () => JwtBearer.CreateToken(
            o => (o.SigningKey, o.SigningAlgorithm, o.SigningStyle, o.KeyIsPemEncoded) = (new string('k', 64), algorithm, style, isPem)));

    [Fact]
    public void Of_a_kind_of_claim() => AssertRefused("A claim of the type http://www.w3.org/2001/XMLSchema#integer", () => JwtBearer.CreateToken(o =>
    {
        o.SigningKey = new string('k', 32);
        o.User.Claims.Add(new Claim("age", "7", ClaimValueTypes.Integer));
    }));

    [Fact]
    public async Task Of_a_fixture_that_shares_its_host_even_if_its_base_does_not()
    {
        Build.SkipWithoutStandIns();
        Assert.NotNull(app.Services);

        var refusal = await Assert.ThrowsAsync<NotSupportedException>(async () => await ((IAsyncLifetime)new SharingApp()).InitializeAsync());

        Assert.Equal("SharingApp without [DisableWafCache] is not supported by the stand-in. See docs/decisions/0002-stand-ins.md.", refusal.Message);
    }

    [Fact]
    public void Of_a_document_that_is_set_otherwise()
    {
        AssertRefused("A document without ShortSchemaNames, FlattenSchema, RemoveEmptyRequestSchema and SerializerSettings", () => new ServiceCollection().SwaggerDocument());
        AssertRefused("A second document", () => new ServiceCollection().SwaggerDocument(SetAsInTheSolution).SwaggerDocument(SetAsInTheSolution));
        AssertRefused("A document with other names than those of JsonOptions", () =>
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Services.SwaggerDocument(SetAsInTheSolution);
            builder.Build().UseSwaggerGen();
        });
    }

    private static void SetAsInTheSolution(DocumentOptions options)
    {
        options.ShortSchemaNames = true;
        options.FlattenSchema = true;
        options.RemoveEmptyRequestSchema = true;
        options.SerializerSettings = json => json.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
    }

    private static void AssertRefused(string what, Action start)
    {
        Build.SkipWithoutStandIns();

        var refusal = Assert.Throws<NotSupportedException>(start);

        Assert.Contains(what, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(" is not supported by the stand-in. See docs/decisions/0002-stand-ins.md.", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<string> StartAloneAsync(string name)
    {
        var (exitCode, said) = await Addition.RunAsync([typeof(Program).Assembly.Location, "start", name]);

        return $"{exitCode} {said}";
    }

    /// <summary>The attribute of its base is not its own.</summary>
    private sealed class SharingApp : ProbeApp;
}
