using System.IO.Compression;
using System.Net.Sockets;
using System.Text;

namespace TaskSlices.Tests.Infrastructure.Http;

/// <summary>On Kestrel, because the limits are its own: whatever is sent, the answer is a 2xx or a 4xx, soon, and the next request is served.</summary>
[Collection(OneServer.Name)]
public sealed class HostileBodyTests(Server server)
{
    private const int Limit = 64 * 1024;
    private const string Valid = """{"title":"valid"}""";

    private static readonly string[] Types =
    [
        "", "application/json", "application/json; charset=utf-8", "application/json;charset=\"utf-8\"", "application/json; charset=UTF-8", "APPLICATION/JSON",
        "application/json; charset=utf-7", "application/json; charset=utf-16", "application/json; charset=bogus", "application/json; charset=", "application/json; charset=\"",
        "application/json, application/json", "application/ld+json", "application/*+json", "*/*", "text/plain",
        "multipart/form-data", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/octet-stream", "garbage", ";", "{}",
    ];

    private static readonly Dictionary<string, byte[]?> Bodies = new()
    {
        ["nothing"] = null,
        ["an empty body"] = [],
        ["valid"] = Bytes(Valid),
        ["the empty object"] = Bytes("{}"),
        ["null"] = Bytes("null"),
        ["a list"] = Bytes("[]"),
        ["a list of it"] = Bytes($"[{Valid}]"),
        ["a text"] = Bytes("\"title\""),
        ["a number"] = Bytes("5"),
        ["true"] = Bytes("true"),
        ["blanks"] = Bytes("  \r\n "),
        ["a zero byte"] = [0],
        ["truncated"] = Bytes("""{"title":"tr"""),
        ["two of it"] = Bytes(Valid + Valid),
        ["a comma too many"] = Bytes("""{"title":"t",}"""),
        ["single quotes"] = Bytes("{'title':'t'}"),
        ["a comment"] = Bytes("""{"title":"t"/* */}"""),
        ["NaN"] = Bytes("""{"title":NaN}"""),
        ["a member twice"] = Bytes("""{"title":"a","title":"b"}"""),
        ["an unknown member twice"] = Bytes("""{"title":"a","x":1,"x":2}"""),
        ["half a character"] = Bytes("""{"title":"\ud800"}"""),
        ["half a character as a name"] = Bytes("""{"\ud800":1,"title":"a"}"""),
        ["a huge number"] = Bytes("""{"title":1e999999999,"completed":1e400}"""),
        ["a long number"] = Bytes($$"""{"x":{{new string('9', 60_000)}}}"""),
        ["wrong types"] = Bytes("""{"title":{},"description":[],"completed":"yes"}"""),
        ["lists ten thousand deep"] = Bytes(new string('[', 10_000) + new string(']', 10_000)),
        ["objects ten thousand deep"] = Bytes(string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000)),
        ["a member ten thousand deep"] = Bytes($$"""{"title":"t","x":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}"""),
        ["ten thousand members"] = Bytes($$"""{"title":"t",{{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"m{i}\":1"))}}}"""),
        ["no UTF-8"] = [.. Bytes("{\"title\":\""), 0xff, 0xfe, 0xc0, 0xaf, .. Bytes("\"}")],
        ["overlong UTF-8"] = [.. Bytes("{\"title\":\""), 0xc1, 0xa1, .. Bytes("\"}")],
        ["a byte order mark"] = [0xef, 0xbb, 0xbf, .. Bytes(Valid)],
        ["a byte order mark alone"] = [0xef, 0xbb, 0xbf],
        ["UTF-16"] = Encoding.Unicode.GetBytes(Valid),
        ["UTF-16 with its mark"] = [0xff, 0xfe, .. Encoding.Unicode.GetBytes(Valid)],
        ["UTF-32"] = Encoding.UTF32.GetBytes(Valid),
        ["prototype pollution"] = Bytes("""{"title":"t","__proto__":{"completed":true},"$type":"System.IO.FileInfo","$ref":"#"}"""),
        ["XML"] = Bytes("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"),
        ["a form"] = Bytes("title=t&user_id=bob"),
        ["a broken multipart"] = Bytes("--x\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nt"),
        ["at the limit"] = Bytes(Valid.PadRight(Limit)),
        ["a byte more than the limit"] = Bytes(Valid.PadRight(Limit + 1)),
    };

    private readonly string _ann = App.NewUser();

    public static TheoryData<string> AllTypes => [.. Types];

    public static TheoryData<string> Writing => ["POST", "PUT", "PATCH"];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public async Task Answers_every_body_of_the_type(string type)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);
        var complaints = new List<string>();

        foreach (var (name, body) in Bodies)
        {
            foreach (var (method, path) in Requests(task.Id()))
            {
                using var response = await SendAsync(client, method, path, type, body, chunked: method == "PATCH");
                if (await ComplaintAsync(response) is { } complaint)
                    complaints.Add($"{method} {name}: {complaint}");
            }
        }

        Assert.True(complaints.Count == 0, $"{complaints.Count} answers are not as they should be:\n{string.Join('\n', complaints.Take(20))}");
        await StillServes(client);
    }

    [Theory]
    [InlineData("truncated")]
    [InlineData("two of it")]
    [InlineData("a comma too many")]
    [InlineData("single quotes")]
    [InlineData("a comment")]
    [InlineData("NaN")]
    [InlineData("blanks")]
    [InlineData("a zero byte")]
    [InlineData("UTF-16")]
    [InlineData("UTF-16 with its mark")]
    [InlineData("a member ten thousand deep")]
    public async Task Says_400_to_what_is_no_JSON(string body)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        foreach (var (method, path) in Requests(task.Id()).Where(r => r.Method is "POST" or "PUT" or "PATCH"))
        {
            var problem = await SendAsync(client, method, path, "application/json", Bodies[body]).IsProblem(HttpStatusCode.BadRequest, "MALFORMED_JSON");
            Assert.False(problem.ContainsKey("errors"));
        }
    }

    [Theory]
    [InlineData("no UTF-8")]
    [InlineData("overlong UTF-8")]
    public async Task Says_400_to_a_title_that_is_no_text(string body)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        foreach (var (method, path) in Requests(task.Id()).Where(r => r.Method is "POST" or "PUT"))
            await SendAsync(client, method, path, "application/json", Bodies[body]).IsProblem(HttpStatusCode.BadRequest, "MALFORMED_JSON");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("a list")]
    [InlineData("a list of it")]
    [InlineData("lists ten thousand deep")]
    [InlineData("a text")]
    [InlineData("a number")]
    [InlineData("true")]
    [InlineData("a member twice")]
    [InlineData("half a character")]
    [InlineData("wrong types")]
    public async Task Says_422_to_JSON_that_is_not_allowed(string body)
    {
        using var client = Client();

        await SendAsync(client, "POST", $"/api/{_ann}/tasks", "application/json", Bodies[body]).IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");
    }

    [Theory]
    [InlineData("a list")]
    [InlineData("a text")]
    [InlineData("a number")]
    [InlineData("true")]
    public async Task Says_422_to_a_change_that_is_no_object(string body)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        foreach (var (method, path) in Requests(task.Id()).Where(r => r.Method is "PUT" or "PATCH"))
            await SendAsync(client, method, path, "application/json", Bodies[body]).IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");

        Assert.Equal(task.ToJsonString(), (await client.Get($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK)).ToJsonString());
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json; charset=\"utf-8\"")]
    [InlineData("application/json;charset=UTF-8")]
    [InlineData("APPLICATION/JSON")]
    [InlineData("application/json; a=b")]
    public async Task Takes_JSON_in_UTF8_however_it_is_announced(string type)
    {
        using var client = Client();

        foreach (var body in new[] { Bytes("""{"title":"grüße"}"""), [0xef, 0xbb, 0xbf, .. Bytes("""{"title":"grüße"}""")] })
        {
            foreach (var chunked in new[] { false, true })
            {
                var task = await SendAsync(client, "POST", $"/api/{_ann}/tasks", type, body, chunked).Is(HttpStatusCode.Created);
                Assert.Equal("grüße", task["title"]!.GetValue<string>());
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("application/json; charset=utf-7")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=iso-8859-1")]
    [InlineData("application/json; charset=bogus")]
    [InlineData("text/json")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/octet-stream")]
    [InlineData("garbage")]
    public async Task Says_415_to_a_body_that_is_not_announced_as_JSON(string type)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        foreach (var (method, path) in Requests(task.Id()).Where(r => r.Method is "POST" or "PUT" or "PATCH"))
        {
            foreach (var chunked in new[] { false, true })
                await SendAsync(client, method, path, type, Bytes(Valid), chunked).IsProblem(HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=bogus")]
    public async Task Asks_no_type_of_a_body_that_is_none(string type)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        foreach (var chunked in new[] { false, true })
        {
            var toggled = await SendAsync(client, "PATCH", $"/api/{_ann}/tasks/{task.Id()}/complete", type, [], chunked).Is(HttpStatusCode.OK);
            Assert.Equal(!chunked, toggled["completed"]!.GetValue<bool>());
            await SendAsync(client, "POST", $"/api/{_ann}/tasks", type, [], chunked).Refuses("title");
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("gzip, gzip")]
    [InlineData("identity, gzip")]
    [InlineData("bogus")]
    public async Task Says_415_to_a_compressed_body_and_does_not_unpack_it(string encoding)
    {
        using var client = Client();

        foreach (var method in new[] { "POST", "GET" })
        {
            var request = new HttpRequestMessage(new HttpMethod(method), $"/api/{_ann}/tasks") { Content = new ByteArrayContent(Bomb()) };
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
            request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            await client.SendAsync(request, TestContext.Current.CancellationToken).IsProblem(HttpStatusCode.UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE");
        }
    }

    [Theory]
    [MemberData(nameof(Writing))]
    public async Task Takes_a_body_at_the_limit_and_says_413_to_a_larger_one(string method)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);
        var path = Requests(task.Id()).Single(r => r.Method == method).Path;

        // In chunks, the server counts the lengths of the chunks too.
        foreach (var (body, chunked) in new[] { (Bodies["at the limit"], false), (Bodies["at the limit"]![..^16], true) })
        {
            Assert.True((await SendAsync(client, method, path, "application/json", body, chunked)).IsSuccessStatusCode);
            await SendAsync(client, method, path, "application/json", Bodies["a byte more than the limit"], chunked).IsProblem(HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE");
        }
    }

    [Theory]
    [MemberData(nameof(Writing))]
    public async Task Says_413_before_the_body_is_sent_to_a_client_that_asks_first(string method)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);
        var request = new HttpRequestMessage(new HttpMethod(method), Requests(task.Id()).Single(r => r.Method == method).Path) { Content = new ByteArrayContent(new byte[10 * Limit]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.ExpectContinue = true;

        await client.SendAsync(request, TestContext.Current.CancellationToken).IsProblem(HttpStatusCode.RequestEntityTooLarge, "BODY_TOO_LARGE");
    }

    [Theory]
    [InlineData("POST", false)]
    [InlineData("POST", true)]
    [InlineData("PUT", true)]
    [InlineData("PATCH", true)]
    [InlineData("GET", true)]
    [InlineData("DELETE", true)]
    public async Task Does_not_listen_to_a_hundred_megabytes(string method, bool chunked)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);
        var sent = 0L;

        var (status, text) = await RawHttp.ExchangeAsync(
            server.Address, Head(method, Requests(task.Id()).Single(r => r.Method == method).Path, chunked ? "Transfer-Encoding: chunked" : "Content-Length: 104857600"), Megabytes());

        if (method is "POST" or "PUT" or "PATCH")
        {
            Assert.True(status == 413, text);
            Assert.Contains("\"BODY_TOO_LARGE\"", text, StringComparison.Ordinal);
        }
        else
            Assert.True(status is >= 200 and < 300 or >= 400 and < 500, text);
        Assert.InRange(sent, 0, 50L << 20);
        await StillServes(client);

        IEnumerable<ReadOnlyMemory<byte>> Megabytes()
        {
            var chunk = Bytes(chunked ? $"10000\r\n{{\"title\":\"{new string('x', 0x10000 - 10)}\r\n" : new string(' ', 0x10000));
            while (sent < 100 << 20)
            {
                sent += 0x10000;
                yield return chunk;
            }
        }
    }

    /// <summary>Closing on a client that still sends would reset the connection, and the answer would be lost.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lets_a_client_that_sends_five_megabytes_before_it_reads_see_the_refusal(bool chunked)
    {
        var body = Bytes($"{(chunked ? "4c4b40\r\n" : "")}{{\"title\":\"{new string('x', 5_000_000 - 10)}{(chunked ? "\r\n0\r\n\r\n" : "")}");

        for (var i = 0; i < 20; i++)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(server.Address.Host, server.Address.Port, TestContext.Current.CancellationToken);
            var head = Head("POST", $"/api/{_ann}/tasks", chunked ? "Transfer-Encoding: chunked" : "Content-Length: 5000000").ReplaceLineEndings("\r\n");
            await tcp.GetStream().WriteAsync(Bytes(head), TestContext.Current.CancellationToken);
            await tcp.GetStream().WriteAsync(body, TestContext.Current.CancellationToken);

            using var reader = new StreamReader(tcp.GetStream());
            var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("HTTP/1.1 413 ", text, StringComparison.Ordinal);
            Assert.Contains("\"BODY_TOO_LARGE\"", text, StringComparison.Ordinal);
        }
    }

    /// <summary>RFC 9112 section 9.6: who closes says so, or the client's next request on that connection is lost.</summary>
    [Theory]
    [InlineData("POST", "application/json", true, 413)]
    [InlineData("POST", "text/plain", true, 415)]
    [InlineData("POST", "application/json; charset=bogus", true, 415)]
    [InlineData("POST", "application/json", false, 401)]
    [InlineData("GET", "application/json", false, 401)]
    public async Task Says_so_when_it_will_not_read_on(string method, string type, bool signedIn, int expected)
    {
        var head = $"{method} /api/{_ann}/tasks HTTP/1.1\nHost: x\nContent-Type: {type}\nContent-Length: {4 * Limit}\n{(signedIn ? $"Authorization: Bearer {Token.For(_ann)}\n" : "")}\n";

        var (status, text) = await RawHttp.ExchangeAsync(server.Address, head, [new byte[4 * Limit]]);

        Assert.True(status == expected || status == 413, text);
        Assert.Contains("\nConnection: close\r", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_a_change_that_is_null_for_one_without_a_body()
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        Assert.Equal("Buy milk", (await client.Put($"/api/{_ann}/tasks/{task.Id()}", "null").Is(HttpStatusCode.OK))["title"]!.GetValue<string>());
        Assert.True((await client.Patch($"/api/{_ann}/tasks/{task.Id()}/complete", "null").Is(HttpStatusCode.OK))["completed"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked", "0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "1\r\n{\r\nffffffffffffffff\r\n}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "1\r\n{\r\nzz\r\n}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "-1\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked", "ffffffffffffffff\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\nContent-Length: 2", "2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip", "{}")]
    [InlineData("Transfer-Encoding: chunked, identity", "2\r\n{}\r\n0\r\n\r\n")]
    [InlineData("Content-Length: -1", "{}")]
    [InlineData("Content-Length: abc", "{}")]
    [InlineData("Content-Length: 99999999999999999999", "{}")]
    [InlineData("Content-Length: 2\nContent-Length: 3", "{}")]
    [InlineData("Content-Length: 2, 2", "{}")]
    public async Task Answers_a_body_whose_framing_is_broken(string framing, string body)
    {
        using var client = Client();
        var task = await client.CreateTask(_ann);

        foreach (var (method, path) in Requests(task.Id()))
        {
            var (status, text) = await RawHttp.ExchangeAsync(server.Address, Head(method, path, framing), [Bytes(body)]);
            Assert.True(status is >= 200 and < 300 or >= 400 and < 500, $"{method}: {text}");
        }

        await StillServes(client);
    }

    [Fact]
    public async Task Logs_no_failure_of_its_own_for_what_a_client_did_wrong()
    {
        await using var own = new Server();
        await own.InitializeAsync();
        using var client = own.As(_ann);

        foreach (var body in new[] { "truncated", "no UTF-8", "a byte more than the limit", "half a character", "lists ten thousand deep" })
            await SendAsync(client, "POST", $"/api/{_ann}/tasks", "application/json", Bodies[body]);
        await RawHttp.ExchangeAsync(own.Address, Head("POST", $"/api/{_ann}/tasks", "Transfer-Encoding: chunked"), [Bytes("zz\r\n")]);
        await RawHttp.ExchangeAsync(own.Address, Head("POST", $"/api/{_ann}/tasks", "Transfer-Encoding: chunked"), [Bytes("ffffffffffffffff\r\n")]);
        await HangUpAsync(own.Address, "Content-Length: 100");
        await HangUpAsync(own.Address, "Transfer-Encoding: chunked");

        Assert.Empty(await client.Get($"/api/{_ann}/tasks").IsList());
        Assert.DoesNotContain("fail:", own.Process.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Content-Length: 100")]
    [InlineData("Transfer-Encoding: chunked")]
    public async Task Survives_a_client_that_hangs_up_in_the_middle_of_a_body(string framing)
    {
        using var client = Client();

        await HangUpAsync(server.Address, framing);

        await StillServes(client);
        Assert.Empty(await client.Get($"/api/{_ann}/tasks").IsList());
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Ten megabytes of blanks, in ten kilobytes.</summary>
    private static byte[] Bomb()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
            gzip.Write(Bytes(Valid.PadRight(10 << 20)));

        return packed.ToArray();
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string type, byte[]? body, bool chunked = false)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null || type.Length > 0)
            request.Content = new ByteArrayContent(body ?? []);
        if (type.Length > 0)
            request.Content!.Headers.TryAddWithoutValidation("Content-Type", type);
        if (chunked && request.Content is not null)
            request.Headers.TransferEncodingChunked = true;

        // See Says_so_when_it_will_not_read_on: the next request is not to be lost with the connection of this one.
        if (body?.Length >= Limit)
            request.Headers.ConnectionClose = true;

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<string?> ComplaintAsync(HttpResponseMessage response) => (int)response.StatusCode switch
    {
        >= 200 and < 300 => null,
        >= 400 and < 500 and var status => await response.ProblemWith(status),
        var status => $"{status} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}",
    };

    private HttpClient Client()
    {
        var client = server.As(_ann);
        client.Timeout = TimeSpan.FromSeconds(10);

        return client;
    }

    private (string Method, string Path)[] Requests(string id) =>
    [
        ("POST", $"/api/{_ann}/tasks"),
        ("PUT", $"/api/{_ann}/tasks/{id}"),
        ("PATCH", $"/api/{_ann}/tasks/{id}/complete"),
        ("GET", $"/api/{_ann}/tasks/{id}"),
        ("DELETE", $"/api/{_ann}/tasks/{Guid.CreateVersion7()}"),
    ];

    private string Head(string method, string path, string framing) => $"""
        {method} {path} HTTP/1.1
        Host: {server.Address.Authority}
        Authorization: Bearer {Token.For(_ann)}
        Content-Type: application/json
        Connection: close
        {framing}


        """;

    private async Task HangUpAsync(Uri address, string framing)
    {
        using var tcp = new TcpClient { LingerState = new LingerOption(true, 0) };
        await tcp.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        await tcp.GetStream().WriteAsync(Bytes($"{Head("POST", $"/api/{_ann}/tasks", framing).ReplaceLineEndings("\r\n")}5\r\n{{\"tit"), TestContext.Current.CancellationToken);
    }

    private async Task StillServes(HttpClient client) => await client.Get($"/api/{_ann}/tasks").IsList();
}
