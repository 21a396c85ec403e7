using System.Net.Sockets;
using System.Text;

namespace TaskSlices.Tests.Infrastructure.Http;

/// <summary>In a process of its own, which is told to stop while bodies are on their way.</summary>
[Trait("Speed", "slow")]
public sealed class RequestBodyTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Reads_bodies_that_are_half_received_when_the_process_is_told_to_stop_and_answers_them(bool chunked)
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = Token.Secret });
        server.Client.DefaultRequestHeaders.Add("Authorization", $"Bearer {Token.For("ann")}");
        var task = $"/api/ann/tasks/{(await server.Client.CreateTask("ann")).Id()}";
        var requests = new List<HalfRequest>();
        foreach (var (method, path) in Enumerable.Repeat(("POST", "/api/ann/tasks"), 10).Append(("PUT", task)).Append(("PATCH", $"{task}/complete")))
            requests.Add(await HalfRequest.BeginAsync(server, method, path, """{"title":"in tw""", """o halves","completed":true}""", chunked));

        var stop = server.StopAsync();
        await Wait.Until("it listens no more", () => IsClosedAsync(server.Client.BaseAddress!));
        foreach (var request in requests)
            Assert.Matches(@"^HTTP/1\.1 20[01] ", await request.EndAsync());

        var (exitCode, log) = await stop;
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("fail:", log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Says_503_to_a_body_that_is_still_incomplete_when_the_time_to_stop_is_over(bool chunked)
    {
        await using var server = await ServerProcess.StartAsync(
            _directory, new() { ["BETTER_AUTH_SECRET"] = Token.Secret, ["shutdownTimeoutSeconds"] = "5" });
        using var request = await HalfRequest.BeginAsync(server, "POST", "/api/ann/tasks", """{"title":"in tw""", "", chunked);

        var stop = server.StopAsync();
        var answer = await request.AnswerAsync();

        Assert.StartsWith("HTTP/1.1 503 ", answer, StringComparison.Ordinal);
        Assert.Contains("\nRetry-After: ", answer, StringComparison.Ordinal);
        Assert.Contains("\"UNAVAILABLE\"", answer, StringComparison.Ordinal);
        var (exitCode, log) = await stop;
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("fail:", log, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task<bool> IsClosedAsync(Uri address)
    {
        try
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);

            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private sealed class HalfRequest : IDisposable
    {
        private readonly TcpClient _tcp = new();
        private string _rest = "";

        /// <summary>Sends the first half once the server waits for it: it says 100 when a slice begins to read.</summary>
        public static async Task<HalfRequest> BeginAsync(ServerProcess server, string method, string path, string first, string second, bool chunked)
        {
            var request = new HalfRequest { _rest = chunked ? $"{Chunk(second)}0\r\n\r\n" : second };
            await request._tcp.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, TestContext.Current.CancellationToken);
            await request.SendAsync($"""
                {method} {path} HTTP/1.1
                Host: {server.Client.BaseAddress.Authority}
                Authorization: Bearer {Token.For("ann")}
                Content-Type: application/json
                Expect: 100-continue
                {(chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Math.Max(first.Length + second.Length, first.Length + 1)}")}


                """.ReplaceLineEndings("\r\n"));
            Assert.Equal("HTTP/1.1 100 Continue\r\n\r\n", await request.ReadAsync());
            await request.SendAsync(chunked ? Chunk(first) : first);

            return request;
        }

        public async Task<string> EndAsync()
        {
            await SendAsync(_rest);

            return await AnswerAsync();
        }

        public async Task<string> AnswerAsync()
        {
            // To the end of the answer: the server may wait for the rest of the body before it closes.
            var answer = new StringBuilder();
            while (!answer.ToString().EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal) && await ReadAsync() is { Length: > 0 } text)
                answer.Append(text);
            Dispose();

            return answer.ToString();
        }

        public void Dispose() => _tcp.Dispose();

        private static string Chunk(string text) => $"{text.Length:x}\r\n{text}\r\n";

        private async Task SendAsync(string text) => await _tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

        private async Task<string> ReadAsync()
        {
            var buffer = new byte[4096];
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(TimeSpan.FromSeconds(30));

            return Encoding.ASCII.GetString(buffer, 0, await _tcp.GetStream().ReadAsync(buffer, patience.Token));
        }
    }
}
