using System.Text.Json;
using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Framework;

/// <summary>
/// What becomes of FastEndpoints under the configuration of this house, asked of a probe. What it does by itself is in tests/Conformance.
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
    public async Task Lets_an_exception_of_the_handler_through_to_the_one_that_answers_it()
    {
        var problem = await (await PostAsync("5/milk", """{"text":"throw"}""")).IsProblem(HttpStatusCode.InternalServerError, "INTERNAL_ERROR");

        Assert.DoesNotContain("secret of the handler", problem.ToJsonString(), StringComparison.Ordinal);
    }

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
