using System.Text;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;

namespace TaskSlices.Conformance.Support;

/// <summary>The host of the probes in this process.</summary>
[DisableWafCache]
public class ProbeApp : AppFixture<Program>
{
    /// <summary>Sends "POST /path" with a body of JSON, if there is one, and gives "200 body" of what came back.</summary>
    public async Task<string> Ask(string request, string? body = null) => await Text(await Send(request, body));

    /// <summary>The same with exactly this Content-Type, or with none.</summary>
    public async Task<string> Ask(string request, string? body, string? contentType) => await Text(await Send(request, body, contentType));

    public Task<HttpResponseMessage> Send(string request, string? body = null) => Send(request, body, body is null ? null : "application/json");

    public Task<HttpResponseMessage> Send(string request, string? body, string? contentType) =>
        Send(request, body is null && contentType is null ? null : Encoding.UTF8.GetBytes(body ?? ""), contentType);

    public Task<HttpResponseMessage> Send(string request, byte[]? body, string? contentType)
    {
        var (method, url) = request.Split(' ', 2) switch { var parts => (parts[0], parts[1]) };
        var message = new HttpRequestMessage(new HttpMethod(method), url) { Content = body is null ? null : new ByteArrayContent(body) };
        if (contentType is not null)
            Assert.True(message.Content!.Headers.TryAddWithoutValidation("Content-Type", contentType));

        return CreateClient(_ => { }).SendAsync(message, TestContext.Current.CancellationToken);
    }

    public static async Task<string> Text(HttpResponseMessage response) =>
        $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}".TrimEnd();

    protected override void ConfigureApp(IWebHostBuilder a)
    {
        base.ConfigureApp(a);
        a.UseContentRoot(AppContext.BaseDirectory);
    }
}
