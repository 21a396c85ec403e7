using System.Text.Json;
using System.Text.Json.Nodes;
using FastEndpoints;
using FastEndpoints.Security;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace TaskSlices.Tests.Framework;

/// <summary>
/// What the slices rely on in FastEndpoints, asked of a probe: it holds in both builds, with the stand-ins and with the real packages.
/// </summary>
public sealed class FastEndpointsTests(ProbeApp app) : TestBase<ProbeApp>
{
    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Binds_each_property_from_its_own_source()
    {
        var cursor = Guid.NewGuid();

        Assert.Equal($"{_ann} 5 milk 2 {cursor} hello 4", await EchoAsync($"5/milk?count=2&cursor={cursor}", """{"text":"hello","size":4}"""));
    }

    [Fact]
    public async Task Leaves_what_is_not_there_as_the_request_declares_it() =>
        Assert.Equal($"{_ann} 5 milk   unsaid 3", await EchoAsync("5/milk", "{}"));

    [Theory]
    [InlineData("null")]
    [InlineData(null)]
    public async Task Makes_the_request_without_a_body_when_there_is_none(string? body) =>
        Assert.Equal($"{_ann} 5 milk   unsaid 3", await EchoAsync("5/milk", body));

    [Fact]
    public async Task Reads_names_of_the_query_whatever_their_case() =>
        Assert.Equal($"{_ann} 5 milk 2  unsaid 3", await EchoAsync("5/milk?COUNT=2", "{}"));

    [Fact]
    public async Task Takes_an_empty_value_of_the_query_for_none() =>
        Assert.Equal($"{_ann} 5 milk   unsaid 3", await EchoAsync("5/milk?count=&cursor=", "{}"));

    [Fact]
    public async Task Lets_neither_query_nor_body_set_what_the_route_says() =>
        Assert.Equal(
            $"{_ann} 5 milk   unsaid 3",
            await EchoAsync("5/milk?number=6&word=beer&the_word=beer&user_id=bob&text=evil&size=9", """{"number":6,"word":"beer","the_word":"beer","user_id":"bob","UserId":"bob"}"""));

    [Fact]
    public async Task Reports_all_values_outside_the_body_that_can_not_be_read()
    {
        var problem = await (await PostAsync("five/milk?count=x&cursor=y", "{}")).IsProblem(HttpStatusCode.UnprocessableEntity);

        Assert.Equal(["number", "count", "cursor"], Fields(problem));
        Assert.Equal("number must be a whole number. count must be a whole number. cursor must be a UUID.", problem["detail"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("?count=2&count=3")]
    [InlineData("?count=2147483648")]
    [InlineData("?count=1,5")]
    [InlineData("?count=0x1")]
    public async Task Refuses_a_number_that_is_none(string query) =>
        Assert.Equal("count must be a whole number.", await (await PostAsync($"5/milk{query}", "{}")).Refuses("count"));

    [Fact]
    public async Task Asks_the_validator_only_about_a_request_that_could_be_read()
    {
        Assert.Equal("size is too large.", await (await PostAsync("5/milk", """{"size":10}""")).Refuses("size"));
        Assert.Equal(["count"], Fields(await (await PostAsync("5/milk?count=x", """{"size":10}""")).IsProblem(HttpStatusCode.UnprocessableEntity)));
    }

    [Theory]
    [InlineData("""{"size":10}""")]
    [InlineData("""{"size":""")]
    [InlineData("""{"size":"x"}""")]
    [InlineData("""{"text":"throw"}""")]
    public async Task Runs_the_guard_whether_or_not_the_request_is_right(string body) =>
        await (await app.As(App.NewUser()).Post($"/api/{_ann}/echo/five/milk?count=x", body)).IsProblem(HttpStatusCode.Forbidden);

    [Fact]
    public async Task Answers_with_the_member_of_the_union_that_was_returned()
    {
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync("5/milk", """{"text":"nothing"}""")).StatusCode);
        await (await PostAsync("5/milk", """{"text":"conflict"}""")).IsProblem(HttpStatusCode.Conflict, "CONFLICT");
    }

    [Fact]
    public async Task Lets_an_exception_of_the_handler_through_to_the_one_that_answers_it()
    {
        var problem = await (await PostAsync("5/milk", """{"text":"throw"}""")).IsProblem(HttpStatusCode.InternalServerError, "INTERNAL_ERROR");

        Assert.DoesNotContain("secret of the handler", problem.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Makes_the_endpoint_from_the_services_of_the_request() =>
        Assert.Equal("True", await EchoAsync("5/milk", """{"text":"scope"}"""));

    [Theory]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("multipart/form-data; boundary=x", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/merge-patch+json", HttpStatusCode.OK)]
    [InlineData("APPLICATION/JSON", HttpStatusCode.OK)]
    public async Task Takes_a_body_of_any_type_of_json_and_of_no_other(string contentType, HttpStatusCode status)
    {
        var response = await app.As(_ann).Send("POST", $"/api/{_ann}/echo/5/milk", """{"size":4}"""u8.ToArray(), contentType);

        Assert.Equal(status, response.StatusCode);
    }

    [Fact]
    public void Names_an_operation_after_its_class_and_keeps_its_definition_on_the_endpoint()
    {
        var endpoint = Assert.Single(
            app.Services.GetRequiredService<EndpointDataSource>().Endpoints, e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName == nameof(Echo));

        var definition = endpoint.Metadata.GetMetadata<EndpointDefinition>()!;
        Assert.Equal((typeof(Echo), typeof(EchoRequest)), (definition.EndpointType, definition.ReqDtoType));
    }

    [Fact]
    public void Creates_a_token_with_the_registered_claims()
    {
        var before = Token.Now;
        var token = CreateToken(o =>
        {
            o.SigningKey = Token.Secret;
            o.ExpireAt = DateTime.UtcNow.AddMinutes(5);
            o.User["sub"] = _ann;
        });

        var parts = token.Split('.').Take(2).Select(part => JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(part))!).ToArray();
        Assert.Equal(("HS256", "JWT"), (parts[0]["alg"]!.GetValue<string>(), parts[0]["typ"]!.GetValue<string>()));
        Assert.Equal(["exp", "iat", "nbf", "sub"], parts[1].AsObject().Select(claim => claim.Key).Order());
        Assert.Equal(_ann, parts[1]["sub"]!.GetValue<string>());
        Assert.All(["iat", "nbf"], claim => Assert.InRange(parts[1][claim]!.GetValue<long>(), before, Token.Now));
        Assert.InRange(parts[1]["exp"]!.GetValue<long>(), before + 299, Token.Now + 301);
        Assert.Equal(token, Token.Of(JsonSerializer.Serialize(parts[0]), JsonSerializer.Serialize(parts[1])));
    }

    [Fact]
    public void Lets_a_token_last_an_hour_when_nobody_says_how_long()
    {
        var claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(CreateToken(o => o.SigningKey = Token.Secret).Split('.')[1]))!;

        Assert.InRange(claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>(), 3599, 3601);
    }

    [Theory]
    [InlineData("", typeof(InvalidOperationException))]
    [InlineData("thirty-one-characters-are-short", typeof(ArgumentOutOfRangeException))]
    public void Creates_no_token_with_a_key_that_is_none_or_too_short(string key, Type error) =>
        Assert.Throws(error, () => CreateToken(o => o.SigningKey = key));

    [Fact]
    public void Runs_the_application_in_the_environment_for_tests() =>
        Assert.Equal("Testing", app.Services.GetRequiredService<IWebHostEnvironment>().EnvironmentName);

    [Fact]
    public void Keeps_the_process_from_starting_twice_on_one_route() =>
        Assert.Throws<InvalidOperationException>(() => StartWith(typeof(Twice), typeof(Again)));

    [Fact]
    public void Keeps_the_process_from_starting_with_two_validators_of_one_request() =>
        Assert.Throws<InvalidOperationException>(() => StartWith(typeof(Twice), typeof(TwiceValidator), typeof(TwiceOtherValidator)));

    [Fact]
    public void Keeps_the_process_from_starting_with_an_endpoint_without_a_route() =>
        Assert.Throws<ArgumentException>(() => StartWith(typeof(Nowhere)));

    /// <summary>It takes its clock from the host that was mapped last in this process, which must be one that still lives.</summary>
    private static string CreateToken(Action<JwtCreationOptions> options)
    {
        StartWith(typeof(Twice));

        return JwtBearer.CreateToken(options);
    }

    private static void StartWith(params Type[] types)
    {
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateBuilder();
        builder.Services.AddAuthorization();
        builder.Services.AddFastEndpoints(discovery =>
        {
            discovery.DisableAutoDiscovery = true;
            discovery.Assemblies = [typeof(FastEndpointsTests).Assembly];
            discovery.Filter = types.Contains;
        });
        builder.Build().MapFastEndpoints();
    }

    private static IEnumerable<string> Fields(JsonObject problem) => problem["errors"]!.AsArray().Select(e => e!["field"]!.GetValue<string>());

    private Task<HttpResponseMessage> PostAsync(string address, string? body) => app.As(_ann).Post($"/api/{_ann}/echo/{address}", body);

    private async Task<string> EchoAsync(string address, string? body)
    {
        var response = await PostAsync(address, body);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);

        return JsonSerializer.Deserialize<string>(text)!;
    }
}
