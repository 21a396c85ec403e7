using System.Globalization;
using System.Text.Json.Serialization;
using FastEndpoints;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using TaskSlices.Conformance.Support;

namespace TaskSlices.Conformance;

/// <summary>Where the values of a request come from, and what becomes of those that can't be read (surface sections 6.1 to 6.5).</summary>
public sealed class BindingTests(ProbeApp app) : TestBase<ProbeApp>
{
    private static readonly Guid Id = Guid.Parse("0198a1b2-0000-7000-8000-000000000001");

    [Fact]
    public async Task Binds_each_property_from_its_own_source() =>
        Assert.Equal(
            $"200 \"5 milk 2 {Id} hello 4\"",
            await app.Ask($"POST /sources/5/milk?page_size=2&from={Id}", """{"text":"hello","size":4}"""));

    [Fact]
    public async Task Leaves_what_is_not_there_as_the_request_declares_it() =>
        Assert.Equal("200 \"5 milk   unsaid 3\"", await app.Ask("POST /sources/5/milk", "{}"));

    [Theory]
    [InlineData("page_size=2", "2")]
    [InlineData("PAGE_SIZE=2", "2")]
    [InlineData("PageSize=2", "")]
    [InlineData("pageSize=2", "")]
    [InlineData("since=0198a1b2-0000-7000-8000-000000000001", "")]
    public async Task Names_what_is_outside_the_body_by_the_naming_policy_whatever_the_case(string query, string pageSize) =>
        Assert.Equal($"200 \"5 milk {pageSize}  unsaid 3\"", await app.Ask($"POST /sources/5/milk?{query}", "{}"));

    [Fact]
    public async Task Lets_neither_the_query_nor_the_body_set_what_the_route_says() =>
        Assert.Equal(
            "200 \"5 milk   unsaid 3\"",
            await app.Ask("POST /sources/5/milk?list_id=6&ListId=6&word=beer&the_word=beer", """{"list_id":6,"word":"beer","the_word":"beer"}"""));

    [Fact]
    public async Task Binds_a_query_param_from_the_body_when_the_query_lacks_it() =>
        Assert.Equal("200 \"5 milk 7  unsaid 3\"", await app.Ask("POST /sources/5/milk", """{"page_size":7}"""));

    [Fact]
    public async Task Lets_the_query_overwrite_the_route_and_the_route_overwrite_the_body()
    {
        Assert.Equal("200 \"body \"", await app.Ask("POST /open", """{"value":"body"}"""));
        Assert.Equal("200 \"route \"", await app.Ask("POST /open/route", """{"value":"body"}"""));
        Assert.Equal("200 \"query \"", await app.Ask("POST /open/route?value=query", """{"value":"body"}"""));
    }

    [Fact]
    public async Task Lets_a_query_param_alone_by_the_route_and_a_route_param_by_the_query() =>
        Assert.Equal("200 \" query body\"", await app.Ask("POST /crossed/route?routed=query&queried=query", """{"routed":"body"}"""));

    [Theory]
    [InlineData("5", 5)]
    [InlineData(" 5 ", 5)]
    [InlineData("%2B5", 5)]
    [InlineData("-5", -5)]
    [InlineData("005", 5)]
    public async Task Reads_a_number_as_its_type_reads_it(string text, int value) =>
        Assert.Equal($"200 \"5 milk {value}  unsaid 3\"", await app.Ask($"POST /sources/5/milk?page_size={text}", "{}"));

    [Theory]
    [InlineData("x", "x")]
    [InlineData("2147483648", "2147483648")]
    [InlineData("1,5", "1,5")]
    [InlineData("0x1", "0x1")]
    [InlineData("%20", " ")]
    [InlineData("2&page_size=3", "2,3")]
    public async Task Refuses_a_number_that_is_none(string query, string shown) =>
        Assert.Equal($$"""422 {"status_code":422,"errors":["page_size: page_size={{shown}} is no Nullable`1"]}""", await app.Ask($"POST /sources/5/milk?page_size={query}", "{}"));

    [Fact]
    public async Task Takes_an_empty_value_for_none_where_there_may_be_none() =>
        Assert.Equal("200 \"5 milk   unsaid 3\"", await app.Ask("POST /sources/5/milk?page_size=&from=", "{}"));

    [Fact]
    public async Task Refuses_an_empty_value_where_there_must_be_one() =>
        Assert.Equal("""422 {"status_code":422,"errors":["count: count= is no Int32"]}""", await app.Ask("GET /kinds?count="));

    [Fact]
    public async Task Reports_everything_that_can_not_be_read_at_once_by_the_name_that_was_sent() =>
        Assert.Equal(
            """422 {"status_code":422,"errors":["list_id: list_id=five is no Int32","FROM: FROM=y is no Nullable`1","page_size: page_size=x is no Nullable`1"]}""",
            await app.Ask("POST /sources/five/milk?FROM=y&page_size=x", "{}"));

    [Fact]
    public async Task Reads_the_kinds_of_values_that_can_parse_themselves() =>
        Assert.Equal(
            $"200 \"7 8 True {Id} 1.5 2026-11-20T10:00:00.0000000+02:00 2026-11-20 a,b\"",
            await app.Ask($"GET /kinds?count=7&big=8&flag=TRUE&id={Id}&price=1.5&at=2026-11-20T10:00:00%2B02:00&day=2026-11-20&text=a&text=b"));

    [Theory]
    [InlineData("flag=1", "flag=1 is no Nullable`1")]
    [InlineData("flag=yes", "flag=yes is no Nullable`1")]
    [InlineData("id=1", "id=1 is no Nullable`1")]
    [InlineData("at=yesterday", "at=yesterday is no Nullable`1")]
    [InlineData("day=x", "day=x is no DateOnly")]
    [InlineData("price=x", "price=x is no Decimal")]
    public async Task Refuses_what_its_kind_can_not_parse(string query, string message) =>
        Assert.Equal($$"""422 {"status_code":422,"errors":["{{query.Split('=')[0]}}: {{message}}"]}""", await app.Ask($"GET /kinds?{query}"));

    [Fact]
    public async Task Takes_an_empty_text_as_it_is() => Assert.Equal("200 \"0 0   0  01/01/0001 \"", await app.Ask("GET /kinds?text="));

    [Fact]
    public async Task Makes_a_positional_record_with_the_values_that_its_constructor_declares() =>
        Assert.Equal("200 \"9 unsaid  0\"", await app.Ask("GET /positional/9"));

    [Fact]
    public async Task Binds_what_a_request_inherits() => Assert.Equal("200 \"ann 5\"", await app.Ask("GET /owners/ann/5?owner=bob"));

    [Fact]
    public async Task Binds_only_what_is_public_to_read_and_to_write() =>
        Assert.Equal("200 \"kept kept kept kept taken\"", await app.Ask("GET /hidden?closed=x&read_only=x&ignored=x&unread=x&open=taken"));

    [Fact]
    public async Task Names_what_is_outside_the_body_by_the_property_and_not_by_its_name_in_json() =>
        Assert.Equal("200 \"taken\"", await app.Ask("GET /renamed?text=taken&other_name=x"));

    [Theory]
    [InlineData("POST /formed/5", "200 \"form \"")]
    [InlineData("POST /formed/5?text=query", "200 \"query \"")]
    [InlineData("DELETE /formed", "200 \"form 7\"")]
    [InlineData("DELETE /formed?size=8", "200 \"form 8\"")]
    public async Task Binds_a_form_where_any_type_of_body_is_taken(string request, string answer) =>
        Assert.Equal(answer, await app.Ask(request, "text=form&size=7", "application/x-www-form-urlencoded"));

    [Theory]
    [InlineData("DELETE /formed?size=x", "\"size: size=x is no Nullable`1\"")]
    [InlineData("DELETE /elsewhere/five", "\"id: id=five is no Int32\"")]
    public async Task Reports_a_form_that_is_none_whether_or_not_it_is_needed(string request, string other) =>
        Assert.Equal(
            $$"""422 {"status_code":422,"errors":["GeneralErrors: The request body contains malformed form data!",{{other}}]}""",
            await app.Ask(request, "no part", "multipart/form-data"));

    [Fact]
    public async Task Decodes_the_route_once() => Assert.Equal("200 \"5 a b%41   unsaid 3\"", await app.Ask("POST /sources/5/a%20b%2541", "{}"));

    [Fact]
    public async Task Leaves_a_route_param_to_the_body_when_the_route_has_no_such_value() =>
        Assert.Equal("200 \"body \"", await app.Ask("POST /unplaced?id=query", """{"id":"body"}"""));
}

public sealed record SourcesRequest
{
    [RouteParam]
    public int ListId { get; init; }

    [RouteParam, BindFrom("the_word")]
    public string Word { get; init; } = "";

    [QueryParam]
    public int? PageSize { get; init; }

    [QueryParam, BindFrom("from")]
    public Guid? Since { get; init; }

    public string Text { get; init; } = "unsaid";
    public int Size { get; init; } = 3;
}

public sealed class Sources : Endpoint<SourcesRequest, Ok<string>>
{
    public override void Configure() => Post("/sources/{list_id}/{the_word}");

    public override Task<Ok<string>> ExecuteAsync(SourcesRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok($"{req.ListId} {req.Word} {req.PageSize} {req.Since} {req.Text} {req.Size}"));
}

public sealed record OpenRequest
{
    public string Value { get; init; } = "";
    public string Other { get; init; } = "";
}

public sealed class Open : Endpoint<OpenRequest, Ok<string>>
{
    public override void Configure() => Post("/open/{value?}");

    public override Task<Ok<string>> ExecuteAsync(OpenRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Value} {req.Other}"));
}

public sealed record CrossedRequest
{
    [QueryParam]
    public string Named { get; init; } = "";

    [QueryParam]
    public string Queried { get; init; } = "";

    [RouteParam]
    public string Routed { get; init; } = "";

    public string Text { get; init; } = "";
}

public sealed class Crossed : Endpoint<CrossedRequest, Ok<string>>
{
    public override void Configure() => Post("/crossed/{named}");

    public override Task<Ok<string>> ExecuteAsync(CrossedRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok($"{req.Named} {req.Queried} {req.Routed}"));
}

public sealed record KindsRequest
{
    [QueryParam]
    public int Count { get; init; }

    [QueryParam]
    public long Big { get; init; }

    [QueryParam]
    public bool? Flag { get; init; }

    [QueryParam]
    public Guid? Id { get; init; }

    [QueryParam]
    public decimal Price { get; init; }

    [QueryParam]
    public DateTimeOffset? At { get; init; }

    [QueryParam]
    public DateOnly Day { get; init; }

    [QueryParam]
    public string Text { get; init; } = "unsaid";
}

public sealed class Kinds : Endpoint<KindsRequest, Ok<string>>
{
    public override void Configure() => Get("/kinds");

    public override Task<Ok<string>> ExecuteAsync(KindsRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok(string.Create(
            CultureInfo.InvariantCulture, $"{req.Count} {req.Big} {req.Flag} {req.Id} {req.Price} {req.At:O} {(req.Day == default ? "01/01/0001" : $"{req.Day:O}")} {req.Text}")));
}

public sealed record PositionalRequest([property: RouteParam] int Id, [property: QueryParam] string Text = "unsaid", [property: QueryParam] string? Other = null, [property: QueryParam] int Size = 0);

public sealed class Positional : Endpoint<PositionalRequest, Ok<string>>
{
    public override void Configure() => Get("/positional/{id}");

    public override Task<Ok<string>> ExecuteAsync(PositionalRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok($"{req.Id} {req.Text} {req.Other} {req.Size}"));
}

public abstract record OwnersRequest
{
    [RouteParam]
    public string Owner { get; init; } = "";
}

public sealed record OwnerRequest : OwnersRequest
{
    [RouteParam]
    public int Number { get; init; }
}

public sealed class Owner : Endpoint<OwnerRequest, Ok<string>>
{
    public override void Configure() => Get("/owners/{owner}/{number:int}");

    public override Task<Ok<string>> ExecuteAsync(OwnerRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Owner} {req.Number}"));
}

public sealed record HiddenRequest
{
    public string Closed { get; private init; } = "kept";
    public string ReadOnly { get; } = "kept";
    public string Unread { private get; init; } = "kept";

    [JsonIgnore]
    public string Ignored { get; init; } = "kept";

    [QueryParam]
    public string Open { get; init; } = "kept";

    public override string ToString() => $"{Closed} {ReadOnly} {Ignored} {Unread} {Open}";
}

public sealed class Hidden : Endpoint<HiddenRequest, Ok<string>>
{
    public override void Configure() => Get("/hidden");

    public override Task<Ok<string>> ExecuteAsync(HiddenRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok($"{req}"));
}

public sealed record UnplacedRequest
{
    [RouteParam]
    public string Id { get; init; } = "";

    public string Text { get; init; } = "";
}

public sealed class Unplaced : Endpoint<UnplacedRequest, Ok<string>>
{
    public override void Configure() => Post("/unplaced");

    public override Task<Ok<string>> ExecuteAsync(UnplacedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Id} {req.Text}"));
}

public sealed record RenamedRequest
{
    [JsonPropertyName("other_name")]
    public string Text { get; init; } = "";
}

public sealed class Renamed : Endpoint<RenamedRequest, Ok<string>>
{
    public override void Configure() => Get("/renamed");

    public override Task<Ok<string>> ExecuteAsync(RenamedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}

public sealed record FormedRequest
{
    [DontBind(Source.RouteParam)]
    public string Text { get; init; } = "";

    [RouteParam]
    public int? Size { get; init; }
}

public sealed class Formed : Endpoint<FormedRequest, Ok<string>>
{
    public override void Configure() => Post("/formed/{text}");

    public override Task<Ok<string>> ExecuteAsync(FormedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Text} {req.Size}"));
}

public sealed record DeleteFormedRequest
{
    public string Text { get; init; } = "";
    public int? Size { get; init; }
}

public sealed class DeleteFormed : Endpoint<DeleteFormedRequest, Ok<string>>
{
    public override void Configure() => Delete("/formed");

    public override Task<Ok<string>> ExecuteAsync(DeleteFormedRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok($"{req.Text} {req.Size}"));
}
