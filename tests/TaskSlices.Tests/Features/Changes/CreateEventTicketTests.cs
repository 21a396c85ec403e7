using System.Text;
using FastEndpoints.Testing;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Features.Changes;

public sealed class CreateEventTicketTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Opens_one_stream_that_ends_with_the_token()
    {
        var answer = await app.WithToken(TokenFor(100)).Post($"/api/{_ann}/events/ticket");
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        var made = await answer.Is(HttpStatusCode.OK);
        Assert.Equal(["ticket", "expires_in"], made.Members());
        Assert.Equal(30, made["expires_in"]!.GetValue<int>());
        var ticket = made["ticket"]!.GetValue<string>();
        Assert.Matches("^[A-Za-z0-9_-]{43}$", ticket);

        using var stream = await EventReader.OpenAsync(app.Anonymous(), $"/api/{_ann}/events?since=0&ticket={ticket}");
        await app.WithToken(TokenFor(100)).CreateTask(_ann);
        Assert.Equal(1, (await stream.NextAsync())!.Id);
        await IsRefusedAsync(ticket);

        app.Step(TimeSpan.FromSeconds(131));
        Assert.DoesNotContain(await stream.ReadToEndAsync(), one => one.Kind is not null);
    }

    [Fact]
    public async Task Is_used_once_by_whoever_is_first()
    {
        var ticket = await MakeAsync();

        var statuses = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/api/{_ann}/events?ticket={ticket}");
            using var answer = await app.Anonymous().SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);

            return (int)answer.StatusCode;
        }));

        Assert.Equal([200, .. Enumerable.Repeat(401, 7)], statuses.Order());
    }

    [Fact]
    public async Task Is_good_for_thirty_seconds_and_no_longer_than_its_token()
    {
        var (late, shortLived) = (await MakeAsync(), await MakeAsync(-20));
        app.Step(TimeSpan.FromSeconds(15));
        await IsRefusedAsync(shortLived, "TOKEN_EXPIRED");
        app.Step(TimeSpan.FromSeconds(15));
        await IsRefusedAsync(late);

        // Those that nobody came with go when the user gets another.
        await MakeAsync();
        await MakeAsync();
        app.Step(TimeSpan.FromSeconds(30));
        await MakeAsync();
        Assert.Equal(1L, Count());
    }

    [Fact]
    public async Task Opens_nothing_else_and_nobody_elses()
    {
        var ticket = await MakeAsync();

        await app.Anonymous().Get($"/api/{_bob}/events?ticket={ticket}").IsProblem(HttpStatusCode.Unauthorized, "BAD_TICKET");
        foreach (var other in new[] { "tasks", "changes", "export" })
            await app.Anonymous().Get($"/api/{_ann}/{other}?ticket={ticket}").IsProblem(HttpStatusCode.Unauthorized, "TOKEN_MISSING");
        await app.Anonymous().Post($"/api/{_ann}/events/ticket?ticket={ticket}").IsProblem(HttpStatusCode.Unauthorized, "TOKEN_MISSING");
        await app.WithToken("x").Get($"/api/{_ann}/events?ticket={ticket}").IsProblem(HttpStatusCode.Unauthorized, "OPAQUE_SESSION_TOKEN");
        foreach (var garbage in new[] { "", "x", ticket[1..], $"{ticket}a", $"{ticket}&ticket={ticket}", ticket[..42] + "%00", new string('!', 43), new string('A', 43), new string('a', 9000) })
        {
            var refused = await app.Anonymous().Get($"/api/{_ann}/events?ticket={garbage}");
            Assert.StartsWith("Bearer error=\"invalid_token\"", refused.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            await refused.IsProblem(HttpStatusCode.Unauthorized, "BAD_TICKET");
        }

        // Another user's caller used none of it up.
        using var stream = await EventReader.OpenAsync(app.Anonymous(), $"/api/{_ann}/events?ticket={ticket}");
        Assert.Equal(0, stream.LastId);
        await app.WithToken(TokenFor(100, _bob)).Post($"/api/{_ann}/events/ticket").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        await app.WithToken(App.ServiceKey).Post($"/api/{_ann}/events/ticket").IsProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Keeps_neither_the_ticket_nor_the_token()
    {
        var token = TokenFor(100);
        var ticket = await MakeAsync(token);

        using var database = app.OpenDatabase();
        var kept = Assert.Single(database.Query(
            "SELECT digest, protected_token FROM event_tickets WHERE user_id = $user", ["digest", "protected_token"], ("$user", _ann)));
        Assert.All(kept, value =>
        {
            var bytes = (byte[])value;
            Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Buffers.Text.Base64Url.DecodeFromChars(ticket)));
            foreach (var text in new[] { ticket, token, token.Split('.')[1] })
                Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)));
        });

        // Of the user's data, the export has when it expires.
        var export = await app.WithToken(token).Get($"/api/{_ann}/export").Text();
        Assert.Contains("event_tickets", export, StringComparison.Ordinal);
        Assert.DoesNotContain("protected_token", export, StringComparison.Ordinal);

        using (await EventReader.OpenAsync(app.Anonymous(), $"/api/{_ann}/events?ticket={ticket}"))
            Assert.Equal(0L, Count());
    }

    [Fact]
    public async Task Is_not_kept_for_a_retry_or_made_in_a_batch()
    {
        var address = $"/api/{_ann}/events/ticket";
        var (one, two) = (await SendAsync(), await SendAsync());
        Assert.NotEqual(one, two);
        using (await EventReader.OpenAsync(app.Anonymous(), $"/api/{_ann}/events?ticket={one}"))
        using (await EventReader.OpenAsync(app.Anonymous(), $"/api/{_ann}/events?ticket={two}"))
            Assert.Equal(0L, Count());

        await app.WithToken(TokenFor(100)).Post($"/api/{_ann}/batch", """{"operations":[{"method":"POST","path":"/events/ticket"}]}""")
            .IsProblem(HttpStatusCode.UnprocessableEntity, "NOT_IN_A_BATCH");

        async Task<string> SendAsync() =>
            (await app.WithToken(TokenFor(100)).SendWith("POST", address, "{}", ("Idempotency-Key", "once")).Is(HttpStatusCode.OK))["ticket"]!.GetValue<string>();
    }

    [Fact]
    public async Task Is_removed_when_nobody_came_with_it()
    {
        await MakeAsync();
        await app.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync(Cancellation);
        Assert.Equal(1L, Count());

        app.Step(TimeSpan.FromSeconds(30));
        await app.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync(Cancellation);
        Assert.Equal(0L, Count());
    }

    private long Count()
    {
        using var database = app.OpenDatabase();

        return (long)database.Scalar("SELECT count(*) FROM event_tickets WHERE user_id = $user", ("$user", _ann))!;
    }

    private string TokenFor(int seconds, string? user = null) => StreamChangesTests.TokenFor(user ?? _ann, app.Now.AddSeconds(seconds));

    private Task<string> MakeAsync(int seconds = 100) => MakeAsync(TokenFor(seconds));

    private async Task<string> MakeAsync(string token) =>
        (await app.WithToken(token).Post($"/api/{_ann}/events/ticket").Is(HttpStatusCode.OK))["ticket"]!.GetValue<string>();

    private async Task IsRefusedAsync(string ticket, string code = "BAD_TICKET") =>
        await app.Anonymous().Get($"/api/{_ann}/events?ticket={ticket}").IsProblem(HttpStatusCode.Unauthorized, code);
}
