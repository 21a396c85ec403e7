using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Changes;

public sealed class StreamChangesTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    private string Url => $"/api/{_ann}/events";

    [Fact]
    public async Task Sends_each_change_as_an_item_of_the_list_of_changes()
    {
        using var stream = await OpenAsync();
        Assert.Equal(0, stream.LastId);
        Assert.Equal("no-store", stream.Response.Headers.CacheControl?.ToString());
        Assert.Equal("no", Assert.Single(stream.Response.Headers.GetValues("X-Accel-Buffering")));

        var task = await app.As(_ann).CreateTask(_ann, "Two\nlines");
        await IsNextAsync(stream, task.Id(), 1, deleted: false);
        await app.As(_bob).CreateTask(_bob, "Bob's");
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{task.Id()}/complete").Is(HttpStatusCode.OK);
        await IsNextAsync(stream, task.Id(), 2, deleted: false);
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        await IsNextAsync(stream, task.Id(), 3, deleted: true);
        await app.As(_ann).Post($"/api/{_ann}/tasks/{task.Id()}/restore").Is(HttpStatusCode.OK);
        await IsNextAsync(stream, task.Id(), 4, deleted: false);
    }

    [Theory]
    [InlineData("?since=1", null, new long[] { 2, 3 })]
    [InlineData("", 1L, new long[] { 2, 3 })]
    [InlineData("?since=0", 2L, new long[] { 3 })]
    [InlineData("?since=0", null, new long[] { 1, 2, 3 })]
    [InlineData("?since=3", null, new long[0])]
    [InlineData("", null, new long[0])]
    public async Task Sends_what_was_missed_and_goes_on(string query, long? lastEventId, long[] missed)
    {
        for (var i = 0; i < 3; i++)
            await app.As(_ann).CreateTask(_ann);

        using var stream = await OpenAsync(query, lastEventId);
        Assert.Equal(missed, (await stream.ReadAsync(missed.Length)).Select(one => one.Id!.Value));
        await app.As(_ann).CreateTask(_ann);
        Assert.Equal(4, (await stream.NextAsync())!.Id);
    }

    [Fact]
    public async Task Sends_more_than_a_page_of_what_was_missed()
    {
        app.Fill(_ann, 234);

        using var stream = await OpenAsync("?since=4");
        Assert.Equal(Enumerable.Range(5, 230).Select(id => (long)id), (await stream.ReadAsync(230)).Select(one => one.Id!.Value));
    }

    /// <summary>Followers that come, break off and come back while others write: what they have at the end is what is there.</summary>
    [Fact]
    public async Task Misses_and_doubles_nothing_at_the_seam()
    {
        var last = long.MaxValue;
        var followers = Enumerable.Range(0, 4).Select(seed => Task.Run(() => FollowAsync(new Random(seed)), Cancellation)).ToList();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            var random = new Random(writer);
            var own = new List<string>();
            for (var i = 0; i < 60; i++)
            {
                if (own.Count == 0 || random.Next(2) == 0)
                    own.Add((await app.As(_ann).CreateTask(_ann)).Id());
                else if (random.Next(2) == 0)
                    await app.As(_ann).Patch($"/api/{_ann}/tasks/{own[random.Next(own.Count)]}/complete");
                else
                {
                    var id = own[random.Next(own.Count)];
                    await app.As(_ann).Delete($"/api/{_ann}/tasks/{id}");
                    if (random.Next(2) == 0)
                        await app.As(_ann).Post($"/api/{_ann}/tasks/{id}/restore");
                    else
                        own.Remove(id);
                }
            }
        }));

        // Who waits for an event gets this one.
        Volatile.Write(ref last, app.LastRevision(_ann) + 1);
        await app.As(_ann).CreateTask(_ann);

        var listed = (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).ToDictionary(task => task!.AsObject().Id(), task => task!.ToJsonString());
        foreach (var followed in await Task.WhenAll(followers))
            Assert.Equal(listed.OrderBy(task => task.Key, StringComparer.Ordinal), followed.OrderBy(task => task.Key, StringComparer.Ordinal));

        async Task<Dictionary<string, string>> FollowAsync(Random random)
        {
            var (rows, since) = (new Dictionary<string, string>(), 0L);
            while (since < Volatile.Read(ref last))
            {
                using var stream = await OpenAsync($"?since={since}");
                for (var left = random.Next(1, 40); left > 0 && since < Volatile.Read(ref last); left--)
                {
                    var next = (await stream.NextAsync())!;
                    Assert.InRange(next.Id!.Value, since + 1, long.MaxValue);
                    Assert.Equal(next.Id, next.Data!["revision"]!.GetValue<long>());
                    since = next.Id.Value;
                    if (next.Data["deleted"]!.GetValue<bool>())
                        rows.Remove(next.Data.Id());
                    else
                        rows[next.Data.Id()] = next.Data["row"]!.ToJsonString();
                }
            }

            return rows;
        }
    }

    [Fact]
    public async Task Says_when_it_can_not_tell_what_was_deleted()
    {
        for (var i = 0; i < 3; i++)
            await app.As(_ann).CreateTask(_ann);
        using (var database = app.OpenDatabase())
            database.Execute("UPDATE revisions SET forgotten = 2 WHERE user_id = $user", ("$user", _ann));

        foreach (var since in new[] { 0, 1, 4 })
            await app.As(_ann).Get($"{Url}?since={since}").IsProblem(HttpStatusCode.Gone, "CURSOR_TOO_OLD");
        using var stream = await OpenAsync("?since=2");
        Assert.Equal(3, (await stream.NextAsync())!.Id);
    }

    [Theory]
    [InlineData("since=-1", null, "since")]
    [InlineData("since=x", null, "since")]
    [InlineData("since=9223372036854775808", null, "since")]
    [InlineData("since=0", "x", "Last-Event-ID")]
    [InlineData("since=0", "-1", "Last-Event-ID")]
    public async Task Refuses_what_is_no_revision(string query, string? lastEventId, string field) =>
        await app.As(_ann).GetWith($"{Url}?{query}", lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]).Refuses(field);

    [Fact]
    public async Task Is_the_users_own() => await app.As(_ann).Get($"/api/{_bob}/events").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");

    [Fact]
    public async Task Answers_HEAD_without_beginning()
    {
        var answer = await app.As(_ann).Send("HEAD", Url);

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (answer.StatusCode, answer.Content.Headers.ContentType?.ToString()));
        Assert.Equal("", await answer.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(["GET", "HEAD"], (await app.As(_ann).Post(Url, "{}")).Content.Headers.Allow);
    }

    [Fact]
    public async Task Sends_a_comment_when_it_was_silent_for_long()
    {
        using var stream = await OpenAsync();
        app.Step(TimeSpan.FromSeconds(20));
        Assert.Equal(new StreamedEvent(null, null, null), await stream.NextAsync());

        // Once, and then there is an event to be sent.
        await app.As(_ann).CreateTask(_ann);
        Assert.Equal(1, (await stream.NextAsync())!.Id);
    }

    [Fact]
    public async Task Ends_when_the_token_is_not_accepted_any_more()
    {
        using var stream = await EventReader.OpenAsync(app.WithToken(TokenFor(_ann, app.Now.AddSeconds(100))), Url);
        using var longer = await EventReader.OpenAsync(app.WithToken(TokenFor(_ann, app.Now.AddSeconds(1000))), Url);

        app.Step(TimeSpan.FromSeconds(131));
        await app.WithToken(TokenFor(_ann, app.Now.AddSeconds(100))).CreateTask(_ann);

        Assert.DoesNotContain(await stream.ReadToEndAsync(), one => one.Kind is not null);
        var first = await longer.NextAsync();
        Assert.Equal(1, (first!.Kind is null ? await longer.NextAsync() : first)!.Id);
    }

    [Fact]
    public async Task Has_ten_places_for_a_user()
    {
        var streams = new List<EventReader>();
        for (var i = 0; i < 10; i++)
            streams.Add(await OpenAsync());

        await app.As(_ann).Get(Url).IsProblem(HttpStatusCode.TooManyRequests, "TOO_MANY_STREAMS");
        using (await EventReader.OpenAsync(app.As(_bob), $"/api/{_bob}/events"))
            await app.As(_ann).CreateTask(_ann);
        foreach (var stream in streams)
            Assert.Equal(1, (await stream.NextAsync())!.Id);

        streams[3].Dispose();
        streams.RemoveAt(3);
        await Wait.Until("a place is free", async () =>
        {
            try
            {
                streams.Add(await OpenAsync());
                return true;
            }
            catch (Xunit.Sdk.TrueException)
            {
                return false;
            }
        });
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Cuts_off_who_does_not_read_and_goes_on_by_the_id()
    {
        using var slow = await OpenAsync();
        using var quick = await OpenAsync();
        var description = string.Concat(Enumerable.Repeat("\U0001F9C0", 1000));
        for (var i = 0; i < 110; i++)
        {
            await app.As(_ann).CreateTask(_ann, "Large", description);
            Assert.Equal(i + 1, (await quick.NextAsync())!.Id);
        }

        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await slow.NextAsync() is not null)
                Assert.InRange(slow.LastId, 0, 109);
        });

        using var again = await OpenAsync(lastEventId: slow.LastId);
        var rest = await again.ReadAsync((int)(110 - slow.LastId));
        Assert.Equal(Enumerable.Range((int)slow.LastId + 1, rest.Count).Select(id => (long)id), rest.Select(one => one.Id!.Value));
    }

    internal static string TokenFor(string user, DateTimeOffset expiry) => Token.Of(
        Token.Header, new JsonObject { ["sub"] = user, ["iat"] = Token.Now, ["exp"] = expiry.ToUnixTimeSeconds() }.ToJsonString());

    private Task<EventReader> OpenAsync(string query = "", long? lastEventId = null) =>
        EventReader.OpenAsync(app.WithToken(TokenFor(_ann, app.Now.AddHours(1))), $"{Url}{query}", lastEventId);

    private async Task IsNextAsync(EventReader stream, string id, long revision, bool deleted)
    {
        var next = (await stream.NextAsync())!;
        var listed = await app.As(_ann).Get($"/api/{_ann}/changes?since={revision - 1}").Is(HttpStatusCode.OK);

        Assert.Equal((revision, "tasks"), (next.Id, next.Kind));
        Assert.Equal((id, deleted), (next.Data!.Id(), next.Data!["deleted"]!.GetValue<bool>()));
        Assert.Equal(Assert.Single(listed["changes"]!.AsArray())!.ToJsonString(), next.Data!.ToJsonString());
    }
}
