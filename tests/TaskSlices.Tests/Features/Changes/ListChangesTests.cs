using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Changes;

public sealed class ListChangesTests(ClockApp app) : TestBase<ClockApp>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Has_each_changed_row_once_as_it_is_now_and_what_was_deleted()
    {
        Assert.Equal("""{"changes":[],"next":0,"more":false}""", (await ChangesAsync(0)).ToJsonString());

        var (kept, gone) = (await app.As(_ann).CreateTask(_ann, "Kept"), await app.As(_ann).CreateTask(_ann, "Gone"));
        await app.As(_bob).CreateTask(_bob, "Bob's");
        var changed = await app.As(_ann).Put($"/api/{_ann}/tasks/{kept.Id()}", """{"title":"Changed"}""").Is(HttpStatusCode.OK);
        await app.As(_ann).Delete($"/api/{_ann}/tasks/{gone.Id()}");

        var changes = await ChangesAsync(0);
        Assert.Equal((4, false), (Next(changes), changes["more"]!.GetValue<bool>()));
        Assert.Equal(
            new JsonArray(
                new JsonObject { ["kind"] = "tasks", ["id"] = kept.Id(), ["revision"] = 3, ["deleted"] = false, ["row"] = changed.DeepClone() },
                new JsonObject { ["kind"] = "tasks", ["id"] = gone.Id(), ["revision"] = 4, ["deleted"] = true, ["row"] = null }).ToJsonString(),
            changes["changes"]!.ToJsonString());

        Assert.Equal([(gone.Id(), true)], Rows(await ChangesAsync(3)));
        Assert.Empty(Rows(await ChangesAsync(4)));

        await app.As(_ann).Post($"/api/{_ann}/tasks/{gone.Id()}/restore").Is(HttpStatusCode.OK);
        Assert.Equal([(gone.Id(), false)], Rows(await ChangesAsync(4)));
        Assert.Equal([(kept.Id(), false), (gone.Id(), false)], Rows(await ChangesAsync(0)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Goes_on_where_the_page_before_ended(int limit)
    {
        var tasks = new List<string>();
        for (var i = 0; i < 6; i++)
            tasks.Add((await app.As(_ann).CreateTask(_ann)).Id());
        foreach (var i in new[] { 1, 3 })
            await app.As(_ann).Delete($"/api/{_ann}/tasks/{tasks[i]}");
        await app.As(_ann).Patch($"/api/{_ann}/tasks/{tasks[0]}/complete");

        var (found, since) = (new List<(string, bool)>(), 0L);
        for (var more = true; more;)
        {
            var page = await ChangesAsync(since, limit);
            Assert.InRange(page["changes"]!.AsArray().Count, 0, limit);
            found.AddRange(Rows(page));
            (since, more) = (Next(page), page["more"]!.GetValue<bool>());
        }

        Assert.Equal(9, since);
        Assert.Equal([(tasks[2], false), (tasks[4], false), (tasks[5], false), (tasks[1], true), (tasks[3], true), (tasks[0], false)], found);
    }

    [Fact]
    public async Task Goes_on_from_the_tag_of_a_list()
    {
        await app.As(_ann).CreateTask(_ann);
        var list = await app.As(_ann).Get($"/api/{_ann}/tasks");
        var since = long.Parse(list.Headers.ETag!.Tag.Trim('"'), System.Globalization.CultureInfo.InvariantCulture);
        var next = await app.As(_ann).CreateTask(_ann);

        Assert.Equal([(next.Id(), false)], Rows(await ChangesAsync(since)));
    }

    [Fact]
    public async Task Says_when_it_can_not_tell_what_was_deleted()
    {
        for (var i = 0; i < 3; i++)
            await app.As(_ann).CreateTask(_ann);
        using (var database = app.OpenDatabase())
            database.Execute("UPDATE revisions SET forgotten = 2 WHERE user_id = $user", ("$user", _ann));

        foreach (var since in new[] { 0, 1, 4 })
            await app.As(_ann).Get($"/api/{_ann}/changes?since={since}").IsProblem(HttpStatusCode.Gone, "CURSOR_TOO_OLD");
        Assert.Single(Rows(await ChangesAsync(2)));
    }

    [Theory]
    [InlineData("since=-1", "since")]
    [InlineData("since=x", "since")]
    [InlineData("since=9223372036854775808", "since")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    public async Task Refuses_what_is_no_revision(string query, string field) =>
        await app.As(_ann).Get($"/api/{_ann}/changes?{query}").Refuses(field);

    [Fact]
    public async Task Is_the_users_own() =>
        await app.As(_ann).Get($"/api/{_bob}/changes").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");

    /// <summary>Followers that read while others write: what they have at the end is what is there.</summary>
    [Fact]
    public async Task Misses_nothing_while_others_write()
    {
        var isDone = false;
        var follower = Task.Run(FollowAsync, Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            var random = new Random(writer);
            var own = new List<string>();
            for (var i = 0; i < 40; i++)
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
        Volatile.Write(ref isDone, true);

        var followed = await follower;
        var listed = (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).ToDictionary(task => task!.AsObject().Id(), task => task!.ToJsonString());
        Assert.Equal(listed.OrderBy(task => task.Key, StringComparer.Ordinal), followed.OrderBy(task => task.Key, StringComparer.Ordinal));

        async Task<Dictionary<string, string>> FollowAsync()
        {
            var (rows, since) = (new Dictionary<string, string>(), 0L);
            while (true)
            {
                var wasDone = Volatile.Read(ref isDone);
                var page = await ChangesAsync(since, 7);
                foreach (var change in page["changes"]!.AsArray())
                {
                    Assert.InRange(change!["revision"]!.GetValue<long>(), since + 1, Next(page));
                    if (change["deleted"]!.GetValue<bool>())
                        rows.Remove(change.AsObject().Id());
                    else
                        rows[change.AsObject().Id()] = change["row"]!.ToJsonString();
                }

                since = Next(page);
                if (wasDone && !page["more"]!.GetValue<bool>())
                    return rows;
            }
        }
    }

    private static long Next(JsonObject changes) => changes["next"]!.GetValue<long>();

    private static (string Id, bool Deleted)[] Rows(JsonObject changes) =>
        [.. changes["changes"]!.AsArray().Select(change => (change!.AsObject().Id(), change["deleted"]!.GetValue<bool>()))];

    private async Task<JsonObject> ChangesAsync(long since, int? limit = null) =>
        await app.As(_ann).Get($"/api/{_ann}/changes?since={since}{(limit is null ? "" : $"&limit={limit}")}").Is(HttpStatusCode.OK);
}
