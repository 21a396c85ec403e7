using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FastEndpoints.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace TaskSlices.Tests.Features.Tasks;

/// <summary>Random tasks and lists of them, against a model that is plain LINQ. FsCheck prints the case that fails, made as small as it can be.</summary>
public sealed class ListModelTests(App app) : TestBase<App>
{
    private const int Cases = 25;

    /// <summary>Each with the text by which it is sorted.</summary>
    private static readonly (string Title, string Key)[] Titles =
    [
        ("Straße", "strasse"), ("résumé", "resume"), ("RESUME later", "resume later"), ("apple", "apple"), ("Äpfel", "apfel"), ("Apple", "apple"), ("ΟΔΟΣ", "οδοσ"), ("οδός", "οδοσ"),
        ("Zebra", "zebra"), ("ﬁne", "fine"), ("東京", "東京"), ("👍", "👍"),
    ];

    private static readonly string[] Priorities = ["none", "low", "medium", "high", "urgent"];

    private static readonly string?[] DueDates =
    [
        null, null, "2026-12-24", "2026-12-24T00:00", "2026-12-24T18:00:00.5", "2026-12-24T18:00:00+02:00", "2026-12-25", "2026-12-23T23:30:00-02:00", "2028-02-29",
    ];

    private static readonly string[] Tags = ["home", "Home office", "GARDEN", "résumé"];
    private static readonly string?[] Categories = [null, null, "home", "Home", "été"];
    private static readonly string?[] Searches = [null, null, "strasse", "Resume", "οδος", "e", "later résumé", "home", "zzz"];
    private static readonly string?[] Sorts = [null, "created_at", "updated_at", "title", "priority", "due_date"];

    private static readonly Gen<Draft> Drafts =
        from title in Gen.Elements(Titles)
        from priority in Gen.Elements(Priorities)
        from due in Gen.Elements(DueDates)
        from completed in Gen.Elements(true, false)
        from category in Gen.Elements(Categories)
        from tags in Gen.SubListOf(Tags)
        select new Draft(title.Title, priority, due, completed, category, [.. tags]);

    private static readonly Gen<Asked> Lists =
        from status in Gen.Elements<bool?>(null, null, true, false)
        from priority in Gen.Elements<string?>(null, null, null, "high", "none")
        from category in Gen.Elements<string?>(null, null, null, "home", "été")
        from tags in Gen.Frequency((3, Gen.Constant<string[]>([])), (2, Gen.SubListOf(Tags).Select(list => list.Take(2).ToArray())))
        from search in Gen.Elements(Searches)
        from since in Gen.Elements<string?>(null, null, null, "2026-12-24", "2026-12-24T16:00:00Z")
        from to in Gen.Elements<string?>(null, null, null, "2026-12-24", "2026-12-24T16:00:00Z")
        from sort in Gen.Elements(Sorts)
        from order in Gen.Elements<string?>(null, "asc", "desc")
        from limit in Gen.Choose(1, 6)
        from spelling in Gen.Choose(0, 3)
        select new Asked(status, priority, category, tags, search, since, to, sort, order, limit, spelling);

    private readonly CompareInfo _compare = CultureInfo.InvariantCulture.CompareInfo;

    [Fact]
    public Task Lists_and_their_pages_are_what_the_model_says() => CheckAsync(async (client, user, tasks, asked) =>
    {
        var expected = Model(tasks, asked);

        var whole = await client.Get($"/api/{user}/tasks?{asked.Query}").IsList();
        Assert.Equal(expected.Select(Id), whole.Ids());
        Assert.Equal(expected.Select(task => task.ToJsonString()), whole.Select(task => task!.ToJsonString()));

        var counted = await client.Get($"/api/{user}/tasks?{asked.Query}&limit={asked.Limit}&count=true");
        Assert.Equal($"{expected.Count}", Assert.Single(counted.Headers.GetValues("X-Total-Count")));

        var walked = new List<string>();
        for (string? url = $"/api/{user}/tasks?{asked.Query}&limit={asked.Limit}"; url is not null;)
        {
            var page = await client.Get(url);
            var ids = (await page.IsList()).Ids();
            Assert.InRange(ids.Length, 0, asked.Limit);
            walked.AddRange(ids);
            url = page.Next();
        }

        Assert.Equal(expected.Select(Id), walked);
        for (var page = 1; page <= 3; page++)
        {
            var ids = (await client.Get($"/api/{user}/tasks?{asked.Query}&limit={asked.Limit}&page={page}").IsList()).Ids();
            Assert.Equal(expected.Skip((page - 1) * asked.Limit).Take(asked.Limit).Select(Id), ids);
        }

        Assert.Equal(expected.Skip(2).Select(Id), (await client.Get($"/api/{user}/tasks?{asked.Query}&offset=2").IsList()).Ids());
    });

    [Fact]
    public Task Changes_between_pages_neither_skip_nor_double_what_they_leave_alone() => CheckAsync(async (client, user, tasks, asked) =>
    {
        var touched = new HashSet<string>();
        var walked = new List<string>();
        var number = 0;
        for (string? url = $"/api/{user}/tasks?{asked.Query}&limit={asked.Limit}"; url is not null;)
        {
            var page = await client.Get(url);
            walked.AddRange((await page.IsList()).Ids());
            url = page.Next();
            if (url is null || ++number > 8)
                continue;

            // One that comes, one that goes (the last that was seen, every other time), and one that moves.
            var draft = new Draft(Titles[number % Titles.Length].Title, Priorities[number % 5], DueDates[number % DueDates.Length], number % 2 == 0, Categories[number % 5], [Tags[number % 4]]);
            touched.Add((await client.Post($"/api/{user}/tasks", draft.Json).Is(HttpStatusCode.Created)).Id());
            var gone = number % 2 == 0 ? walked[^1] : tasks[number * 5 % tasks.Count].Id();
            await client.Delete($"/api/{user}/tasks/{gone}");
            var moved = tasks[number * 3 % tasks.Count].Id();
            await client.Put($"/api/{user}/tasks/{moved}", draft.Json);
            touched.UnionWith([gone, moved]);
        }

        Assert.Equal(Model(tasks, asked).Select(Id).Where(id => !touched.Contains(id)), walked.Where(id => !touched.Contains(id)));
        Assert.Equal(walked.Where(id => !touched.Contains(id)).Distinct().Count(), walked.Count(id => !touched.Contains(id)));
    });

    private async Task CheckAsync(Func<HttpClient, string, List<JsonObject>, Asked, Task> property)
    {
        var scenarios = from drafts in Drafts.ListOf(12) from asked in Lists select (Drafts: drafts.ToList(), Asked: asked);

        await Task.Run(
            () => Prop.ForAll(scenarios.ToArbitrary(), scenario =>
            {
                RunAsync(scenario.Drafts, scenario.Asked).GetAwaiter().GetResult();

                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases).WithQuietOnSuccess(true)),
            TestContext.Current.CancellationToken);

        async Task RunAsync(List<Draft> drafts, Asked asked)
        {
            var user = App.NewUser();
            var client = app.As(user);
            var tasks = new List<JsonObject>();
            foreach (var draft in drafts)
                tasks.Add(await client.Post($"/api/{user}/tasks", draft.Json).Is(HttpStatusCode.Created));

            // The order of the last changes is another than that of creation.
            for (var i = 0; i < tasks.Count; i += 3)
                tasks[i] = await client.Put($"/api/{user}/tasks/{tasks[i].Id()}", """{"description":"changed"}""").Is(HttpStatusCode.OK);

            await property(client, user, tasks, asked);
        }
    }

    private List<JsonObject> Model(List<JsonObject> tasks, Asked asked)
    {
        var found = tasks.Where(task =>
            (asked.Status is null || asked.Status == task["completed"]!.GetValue<bool>())
            && (asked.Priority is null || asked.Priority == task.Text("priority"))
            && (asked.Category is null || asked.Category == task["category"]?.GetValue<string>())
            && asked.Tags.All(tag => TagsOf(task).Contains(tag, StringComparer.InvariantCultureIgnoreCase))
            && (asked.Since is null || (Due(task) is { } start && string.CompareOrdinal(start, asked.Since == "2026-12-24" ? "2026-12-24" : "2026-12-24T16:00:00.0000000") >= 0))
            && (asked.To is null || (Due(task) is { } due && string.CompareOrdinal(due, asked.To == "2026-12-24" ? "2026-12-24~" : "2026-12-24T16:00:00.0000000") <= 0))
            && (asked.Search ?? "").Split(' ').All(word => Texts(task).Any(text => _compare.IndexOf(text, word, CompareOptions.IgnoreCase | CompareOptions.IgnoreNonSpace) >= 0))).ToList();
        var descending = asked.Order is null ? asked.Sort is not ("title" or "due_date") : asked.Order == "desc";
        found.Sort((one, other) =>
        {
            if (asked.Sort == "due_date" && (Due(one) is null || Due(other) is null) && Due(one) != Due(other))
                return Due(one) is null ? 1 : -1;

            var order = asked.Sort switch
            {
                "updated_at" => one.Time("updated_at").CompareTo(other.Time("updated_at")),
                "title" => Encoding.UTF8.GetBytes(Key(one)).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(Key(other))),
                "priority" => Array.IndexOf(Priorities, one.Text("priority")).CompareTo(Array.IndexOf(Priorities, other.Text("priority"))),
                "due_date" => string.CompareOrdinal(Due(one), Due(other)),
                _ => 0,
            };
            order = order != 0 ? order : string.CompareOrdinal(one.Id(), other.Id());

            return descending ? -order : order;
        });

        return found;
    }

    private static string Id(JsonObject task) => task.Id();

    private static string Key(JsonObject task) => Titles.First(title => title.Title == task.Text("title")).Key;

    private static IEnumerable<string> TagsOf(JsonObject task) => task["tags"]!.AsArray().Select(tag => tag!.GetValue<string>());

    private static IEnumerable<string> Texts(JsonObject task) => [task.Text("title"), task["description"]?.GetValue<string>() ?? "", .. TagsOf(task)];

    /// <summary>What it means: a day, or a moment, which is later than its day.</summary>
    private static string? Due(JsonObject task) => task["due_date"]?.GetValue<string>() is not { } due || due.Length == 10
        ? task["due_date"]?.GetValue<string>()
        : DateTimeOffset.Parse(due, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture);

    private sealed record Draft(string Title, string Priority, string? DueDate, bool Completed, string? Category, string[] Tags)
    {
        public string Json => new JsonObject
        {
            ["title"] = Title,
            ["priority"] = Priority,
            ["due_date"] = DueDate,
            ["completed"] = Completed,
            ["category"] = Category,
            ["tags"] = new JsonArray([.. Tags.Select(tag => JsonValue.Create(tag))]),
        }.ToJsonString();
    }

    private sealed record Asked(
        bool? Status, string? Priority, string? Category, string[] Tags, string? Search, string? Since, string? To, string? Sort, string? Order, int Limit, int Spelling)
    {
        /// <summary>As one of four clients spells it.</summary>
        public string Query => string.Join('&', new[]
        {
            Status is true ? Of("status=completed", "status_filter=Done", "completed=true", "STATUS=COMPLETE") : null,
            Status is false ? Of("status=pending", "status_filter=Active", "completed=False", "Status=INCOMPLETE") : null,
            Priority is null ? null : $"priority={Of(Priority, Priority.ToUpperInvariant(), Priority, $"{char.ToUpperInvariant(Priority[0])}{Priority[1..]}")}",
            Category is null ? null : $"category={Uri.EscapeDataString(Category)}",
            Tags.Length == 0 ? null : string.Join('&', Of<string[]>([string.Join(',', Tags)], Tags, Tags, [string.Join(", ", Tags).ToLowerInvariant()])
                .Select(tag => $"{Of("tags", "tags", "tag", "Tag")}={Uri.EscapeDataString(tag)}")),
            Search is null ? null : $"search={Uri.EscapeDataString(Search)}",
            Since is null ? null : $"{Of("due_from", "due_after", "due_date_from", "due_date_start")}={Uri.EscapeDataString(Since)}",
            To is null ? null : $"{Of("due_to", "due_before", "due_date_to", "due_date_end")}={Uri.EscapeDataString(To)}",
            Sort is null ? null : Of($"sort_by={Sort}", $"sort={Sort}", $"SORT_BY={Sort.ToUpperInvariant()}", $"sort={Sort}"),
            Order is null ? null : Of($"order={Order}", $"sort_order={Order}", $"sort_direction={Order.ToUpperInvariant()}", $"ORDER={Order}"),
        }.OfType<string>());

        private T Of<T>(params T[] spellings) => spellings[Spelling];
    }
}
