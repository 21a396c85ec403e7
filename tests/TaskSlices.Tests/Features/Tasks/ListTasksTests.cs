using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

public sealed class ListTasksTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();
    private readonly string _bob = App.NewUser();

    [Fact]
    public async Task Gives_a_bare_array_of_whole_tasks_newest_first()
    {
        var created = await CreateAsync(3);

        var response = await app.As(_ann).Get($"/api/{_ann}/tasks");
        var list = await response.IsList();

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(created.AsEnumerable().Reverse(), list.Ids());
        foreach (var task in list)
        {
            var alone = await app.As(_ann).Get($"/api/{_ann}/tasks/{task!.AsObject().Id()}").Is(HttpStatusCode.OK);
            Assert.Equal(alone.ToJsonString(), task.ToJsonString());
            Assert.Equal(alone.Text("title"), (await app.StoredAsync(_ann, Guid.Parse(alone.Id())))!.Title);
        }
    }

    [Fact]
    public async Task Gives_an_empty_array_to_a_user_without_tasks()
    {
        var response = await app.As(_ann).Get($"/api/{_ann}/tasks");

        Assert.Empty(await response.IsList());
        Assert.Null(response.Next());
    }

    [Fact]
    public async Task Keeps_the_order_of_tasks_made_one_after_the_other()
    {
        var created = await CreateAsync(50);

        Assert.Equal(created.AsEnumerable().Reverse(), (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Ids());
    }

    [Fact]
    public async Task Keeps_the_order_of_ids_of_tasks_made_at_once()
    {
        var client = app.As(_ann);
        var created = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.CreateTask(_ann, $"Task {i}")));

        var listed = (await client.Get($"/api/{_ann}/tasks").IsList()).Ids();

        Assert.Equal(created.Select(task => task.Id()).OrderDescending(StringComparer.Ordinal), listed);
    }

    [Fact]
    public async Task Hides_tasks_of_other_users()
    {
        await app.As(_bob).CreateTask(_bob, "Of Bob");
        var own = await CreateAsync(1);

        Assert.Equal(own, (await app.As(_ann).Get($"/api/{_ann}/tasks").IsList()).Ids());
        Assert.Equal(own, (await app.As(_ann).Get($"/api/{_ann}/tasks?user_id={_bob}&UserId={_bob}&userId={_bob}").IsList()).Ids());
    }

    [Fact]
    public async Task Treats_the_task_of_another_user_as_a_place_in_the_list_and_no_more()
    {
        var older = await CreateAsync(2);
        var foreign = await app.As(_bob).CreateTask(_bob);
        await CreateAsync(2);

        Assert.Equal(older.AsEnumerable().Reverse(), (await app.As(_ann).Get($"/api/{_ann}/tasks?after={foreign.Id()}").IsList()).Ids());
    }

    [Fact]
    public async Task Refuses_the_url_of_another_user()
    {
        await app.As(_bob).CreateTask(_bob, "Secret of Bob");

        foreach (var query in new[] { "", "?limit=0", "?after=x", $"?user_id={_ann}" })
        {
            var problem = await app.As(_ann).Get($"/api/{_bob}/tasks{query}").IsProblem(HttpStatusCode.Forbidden);
            Assert.DoesNotContain("Secret", problem.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("3", 3)]
    [InlineData("4", 3)]
    [InlineData("1000", 3)]
    public async Task Gives_as_many_as_asked_for(string limit, int count)
    {
        var created = await CreateAsync(3);

        var response = await app.As(_ann).Get($"/api/{_ann}/tasks?limit={limit}");

        Assert.Equal(created.AsEnumerable().Reverse().Take(count), (await response.IsList()).Ids());
        Assert.Equal(count < 3, response.Next() is not null);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("limit=2147483647", "limit")]
    [InlineData("limit=2147483648", "limit")]
    [InlineData("limit=99999999999999999999", "limit")]
    [InlineData("limit=abc", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("limit=%00", "limit")]
    [InlineData("after=abc", "after")]
    [InlineData("after=5", "after")]
    [InlineData("after=0197a0a0-0000-7000-8000-00000000000g", "after")]
    [InlineData("limit=5&after=%27%20OR%201=1--", "after")]
    public async Task Refuses_a_page_that_is_none(string query, string field) =>
        await app.As(_ann).Get($"/api/{_ann}/tasks?{query}").Refuses(field);

    [Theory]
    [InlineData("limit=")]
    [InlineData("after=")]
    [InlineData("limit=&after=")]
    [InlineData("limit&after")]
    [InlineData("status=&sort=&page=&offset=&skip=&completed=&search=%20&title=x&x[]=1&=&&")]
    [InlineData("page=1&offset=0&skip=0&count=false&status=ALL")]
    [InlineData("after=ffffffff-ffff-ffff-ffff-ffffffffffff")]
    [InlineData("After=FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF&Limit=1000")]
    public async Task Gives_the_whole_list_unless_less_is_asked_for(string query)
    {
        var created = await CreateAsync(3);

        Assert.Equal(created.AsEnumerable().Reverse(), (await app.As(_ann).Get($"/api/{_ann}/tasks?{query}").IsList()).Ids());
    }

    [Fact]
    public async Task Gives_nothing_after_the_last()
    {
        var created = await CreateAsync(3);

        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks?after={created[0]}").IsList());
        Assert.Empty(await app.As(_ann).Get($"/api/{_ann}/tasks?after={Guid.Empty}").IsList());
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 4)]
    [InlineData(3, 3)]
    [InlineData(6, 2)]
    [InlineData(7, 1)]
    [InlineData(8, 1)]
    public async Task Leads_through_all_pages_to_every_task_once(int limit, int pages)
    {
        var created = await CreateAsync(7);

        var walked = await WalkAsync($"/api/{_ann}/tasks?limit={limit}");

        Assert.Equal(created.AsEnumerable().Reverse(), walked.SelectMany(page => page));
        Assert.Equal(pages, walked.Count);
        Assert.All(walked.SkipLast(1), page => Assert.Equal(limit, page.Length));
    }

    [Theory]
    [InlineData("a%2eb")]
    [InlineData("a%0db")]
    [InlineData("a%2Fb")]
    [InlineData("100%25")]
    public async Task Leads_on_for_a_user_whose_name_looks_escaped(string user)
    {
        var address = $"/api/{Uri.EscapeDataString(user)}/tasks";
        foreach (var title in new[] { "first", "second" })
            await app.As(user).Post(address, $$"""{"title":"{{title}}"}""").Is(HttpStatusCode.Created);

        var page = await app.As(user).Get($"{address}?limit=1");

        Assert.StartsWith($"{address}?limit=1&after=", page.Next(), StringComparison.Ordinal);
        Assert.Equal("first", Assert.Single(await app.As(user).Get(page.Next()!).IsList())!["title"]!.GetValue<string>());
        var problem = await app.As(user).Get($"{address}/{Guid.CreateVersion7()}").IsProblem(HttpStatusCode.NotFound);
        Assert.StartsWith($"{address}/", problem["instance"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leads_on_for_a_user_whose_name_must_be_escaped()
    {
        const string user = "ann ö<>?&=#+%,;\"@example.com";
        var url = $"/api/{Uri.EscapeDataString(user)}/tasks";
        foreach (var title in new[] { "one", "two" })
            await app.As(user).Post(url, $$"""{"title":"{{title}}"}""").Is(HttpStatusCode.Created);

        var first = await app.As(user).Get($"{url}?limit=1");
        var second = await app.As(user).Get(first.Next()!);

        Assert.Equal("two", Assert.Single(await first.IsList())!["title"]!.GetValue<string>());
        Assert.Equal("one", Assert.Single(await second.IsList())!["title"]!.GetValue<string>());
    }

    [Fact]
    public async Task Neither_repeats_nor_skips_when_tasks_come_and_go_meanwhile()
    {
        var created = await CreateAsync(20);
        var gone = new HashSet<string>();

        var walked = await WalkAsync($"/api/{_ann}/tasks?limit=4", async page =>
        {
            await CreateAsync(3);
            var older = created.TakeWhile(id => id != page[^1]).ToList();

            // One that was seen, the one that the next page starts behind, and one that was not seen yet.
            foreach (var id in new[] { page[0], page[^1], older.FirstOrDefault() })
            {
                if (id is not null && gone.Add(id))
                    await app.As(_ann).Delete($"/api/{_ann}/tasks/{id}").Is(HttpStatusCode.OK);
            }
        });

        var seen = walked.SelectMany(page => page).ToList();
        Assert.Equal(seen.Distinct(), seen);
        Assert.Empty(seen.Except(created));
        Assert.Empty(created.Except(gone).Except(seen));
        Assert.True(walked.Count > 2);
    }

    [Theory]
    [InlineData(199)]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(1200)]
    [InlineData(2201)]
    public async Task Gives_the_whole_list_however_long_it_is(int count)
    {
        app.Fill(_ann, count);

        var response = await app.As(_ann).Get($"/api/{_ann}/tasks");

        var all = (await response.IsList()).Ids();
        Assert.Equal(count, all.Length);
        Assert.Equal(all.Distinct().OrderDescending(StringComparer.Ordinal), all);
        Assert.Null(response.Next());
        Assert.Equal(all, (await WalkAsync($"/api/{_ann}/tasks?limit=1000")).SelectMany(page => page));
    }

    /// <summary>As an older process leaves them, which knows no such column.</summary>
    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task Gives_each_task_once_whose_sort_key_is_not_what_it_should_be(string order)
    {
        app.Fill(_ann, 1300);

        var all = (await app.As(_ann).Get($"/api/{_ann}/tasks?sort=title&order={order}").IsList()).Ids();
        var walked = (await WalkAsync($"/api/{_ann}/tasks?sort=title&order={order}&limit=500")).SelectMany(page => page);

        Assert.Equal(1300, all.Distinct().Count());
        Assert.Equal(1300, all.Length);
        Assert.Equal(all, walked);
    }

    [Fact]
    public async Task Takes_a_content_type_without_a_body()
    {
        await CreateAsync(1);

        Assert.Single(await app.As(_ann).Send("GET", $"/api/{_ann}/tasks", null, "application/json").IsList());
    }

    /// <summary>The ids, oldest first.</summary>
    private async Task<List<string>> CreateAsync(int count)
    {
        var client = app.As(_ann);
        var ids = new List<string>();

        for (var i = 0; i < count; i++)
            ids.Add((await client.CreateTask(_ann, $"Task {i}")).Id());

        return ids;
    }

    /// <summary>The ids of each page, from this one to the last.</summary>
    private async Task<List<string[]>> WalkAsync(string? url, Func<string[], Task>? meanwhile = null)
    {
        var client = app.As(_ann);
        var pages = new List<string[]>();
        var walked = new HashSet<string>();

        while (url is not null)
        {
            Assert.True(walked.Add(url), $"The pages lead in a circle, back to {url}");
            var response = await client.Get(url);
            pages.Add((await response.IsList()).Ids());
            url = response.Next();

            if (url is not null && meanwhile is not null)
                await meanwhile(pages[^1]);
        }

        return pages;
    }
}
