using System.Text;
using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Tasks;

/// <summary>The list as clients ask for it: every spelling of every parameter, and what no client should send.</summary>
public sealed class ClientTests(ClientTests.ListedApp app) : TestBase<ClientTests.ListedApp>
{
    private static readonly (string Letter, string Json)[] Tasks =
    [
        ("A", """{"title":"Émile's résumé","priority":"high","due_date":"2026-12-24","tags":["Work","Home"]}"""),
        ("B", """{"title":"Straße fegen","completed":true}"""),
        ("C", """{"title":"zebra","priority":"critical","due_date":"2026-12-24T18:00","tags":["work"],"completed":true}"""),
        ("D", """{"title":"Apple","description":"ΟΔΥΣΣΕΎΣ goes home","priority":"Low","due_date":"2026-12-24T23:30:00-02:00","tags":["Été"]}"""),
        ("E", """{"title":"apple","priority":"LOW","tags":["home"],"category":"Garden & yard"}"""),
        ("F", """{"title":"ﬁle 100% _done_ \\","priority":"medium","category":"garden","due_date":"2026-12-23T12:00:00.5Z","tags":["a b"]}"""),
    ];

    private readonly string _ann = app.Ann;

    [Theory]
    // As it is without a wish, and with empty ones, as forms send them.
    [InlineData("", "FEDCBA")]
    [InlineData("?status=&priority=&category=&tags=&tag=&search=&sort=&sort_by=&order=&due_from=&due_to=&limit=&offset=&page=&count=", "FEDCBA")]
    [InlineData("?status=all&sort=created_at&order=desc", "FEDCBA")]
    [InlineData("?assignee=bob&view=board&_=1700000000000&utm_source=x", "FEDCBA")]
    // Whether it is done.
    [InlineData("?status=all", "FEDCBA")]
    [InlineData("?status=ALL", "FEDCBA")]
    [InlineData("?status=pending", "FEDA")]
    [InlineData("?status=Pending", "FEDA")]
    [InlineData("?status=active", "FEDA")]
    [InlineData("?status=incomplete", "FEDA")]
    [InlineData("?status=INCOMPLETE", "FEDA")]
    [InlineData("?status=completed", "CB")]
    [InlineData("?status=complete", "CB")]
    [InlineData("?status=done", "CB")]
    [InlineData("?status=Done", "CB")]
    [InlineData("?status_filter=all", "FEDCBA")]
    [InlineData("?status_filter=pending", "FEDA")]
    [InlineData("?status_filter=active", "FEDA")]
    [InlineData("?status_filter=Completed", "CB")]
    [InlineData("?STATUS=completed", "CB")]
    [InlineData("?completed=true", "CB")]
    [InlineData("?completed=false", "FEDA")]
    [InlineData("?completed=True", "CB")]
    [InlineData("?completed=FALSE", "FEDA")]
    [InlineData("?status=done&status_filter=completed&completed=true", "CB")]
    [InlineData("?status=all&completed=true", "CB")]
    [InlineData("?status=pending&status=active", "FEDA")]
    // Priority.
    [InlineData("?priority=none", "B")]
    [InlineData("?priority=low", "ED")]
    [InlineData("?priority=LOW", "ED")]
    [InlineData("?priority=medium", "F")]
    [InlineData("?priority=High", "A")]
    [InlineData("?priority=urgent", "C")]
    [InlineData("?priority=Critical", "C")]
    [InlineData("?priority=urgent&priority=critical", "C")]
    // The category, byte for byte.
    [InlineData("?category=Garden+%26%20yard", "E")]
    [InlineData("?CATEGORY=garden", "F")]
    [InlineData("?category=Garden", "")]
    [InlineData("?category=garden&category=garden", "F")]
    [InlineData("?category=%27%20OR%201=1", "")]
    [InlineData("?category=garden&status=pending&priority=medium", "F")]
    // Tags.
    [InlineData("?tags=work", "CA")]
    [InlineData("?tags=WORK", "CA")]
    [InlineData("?tag=home", "EA")]
    [InlineData("?tags=work,home", "A")]
    [InlineData("?tags=Home,%20Work", "A")]
    [InlineData("?tags=work&tags=home", "A")]
    [InlineData("?tag=work&tag=home", "A")]
    [InlineData("?tag=work&tags=Work", "CA")]
    [InlineData("?tag=work,home&tags=home&tags=work", "A")]
    [InlineData("?tags=,work,,", "CA")]
    [InlineData("?tags=,", "FEDCBA")]
    [InlineData("?tags=wor", "")]
    [InlineData("?tags=%C3%A9t%C3%A9", "D")]
    [InlineData("?tags=e%CC%81te%CC%81", "D")]
    [InlineData("?tags=a+b", "F")]
    [InlineData("?tags=a%20b", "F")]
    [InlineData("?tags=%25", "")]
    // When it is due.
    [InlineData("?due_from=2026-12-24", "DCA")]
    [InlineData("?due_after=2026-12-24", "DCA")]
    [InlineData("?due_date_from=2026-12-24", "DCA")]
    [InlineData("?due_date_start=2026-12-24", "DCA")]
    [InlineData("?due_from=2026-12-24T00:00", "DC")]
    [InlineData("?due_from=2026-12-24T18:00", "DC")]
    [InlineData("?due_from=2026-12-24T18:00:00Z", "DC")]
    [InlineData("?due_from=2026-12-24T20:00:00%2B02:00", "DC")]
    [InlineData("?due_from=2026-12-24T18:00:00.0000001Z", "D")]
    [InlineData("?due_to=2026-12-24", "FCA")]
    [InlineData("?due_before=2026-12-24", "FCA")]
    [InlineData("?due_date_to=2026-12-24", "FCA")]
    [InlineData("?due_date_end=2026-12-24", "FCA")]
    [InlineData("?due_to=2026-12-24T18:00", "FCA")]
    [InlineData("?due_to=2026-12-24T17:59:59", "FA")]
    [InlineData("?due_to=2026-12-25T01:30Z", "FDCA")]
    [InlineData("?due_to=2026-12-25", "FDCA")]
    [InlineData("?due_to=2026-12-23T12:00:00Z", "")]
    [InlineData("?due_from=2026-12-24&due_to=2026-12-24", "CA")]
    [InlineData("?due_date_start=2026-12-23&due_date_end=2026-12-23", "F")]
    [InlineData("?due_from=2026-12-25&due_to=2026-12-24", "")]
    [InlineData("?due_from=2026-12-24&due_after=2026-12-24", "DCA")]
    [InlineData("?due_from=2026-12-24T18:00Z&due_after=2026-12-24T19:00%2B01:00", "DC")]
    // Search.
    [InlineData("?search=resume", "A")]
    [InlineData("?search=R%C3%89SUM%C3%89", "A")]
    [InlineData("?search=re%CC%81sume%CC%81", "A")]
    [InlineData("?search=resume+emile", "A")]
    [InlineData("?search=resume%20zebra", "")]
    [InlineData("?search=strasse", "B")]
    [InlineData("?search=STRASSE", "B")]
    [InlineData("?search=stra%C3%9Fe", "B")]
    [InlineData("?search=STRA%E1%BA%9EE", "B")]
    [InlineData("?search=%CE%BF%CE%B4%CF%85%CF%83%CF%83%CE%B5%CF%85%CF%82", "D")]
    [InlineData("?search=%CE%9F%CE%94%CE%A5%CE%A3%CE%A3%CE%95%CE%A5%CE%A3", "D")]
    [InlineData("?search=home", "EDA")]
    [InlineData("?search=home+work", "A")]
    [InlineData("?search=apple+home", "ED")]
    [InlineData("?search=ete", "D")]
    [InlineData("?search=FILE", "F")]
    [InlineData("?search=%EF%BC%A6%EF%BC%A9%EF%BC%AC%EF%BC%A5", "F")]
    [InlineData("?search=100%25", "F")]
    [InlineData("?search=%25", "F")]
    [InlineData("?search=_", "F")]
    [InlineData("?search=%5C", "F")]
    [InlineData("?search='%20OR%201=1--", "")]
    [InlineData("?search=*", "")]
    [InlineData("?search=%20%09", "FEDCBA")]
    // The order.
    [InlineData("?sort_by=created_at", "FEDCBA")]
    [InlineData("?sort=created_at&order=asc", "ABCDEF")]
    [InlineData("?order=asc", "ABCDEF")]
    [InlineData("?sort_by=updated_at", "BFEDCA")]
    [InlineData("?sort_by=updated_at&sort_order=asc", "ACDEFB")]
    [InlineData("?sort_by=title", "DEAFBC")]
    [InlineData("?sort=Title&order=ASC", "DEAFBC")]
    [InlineData("?sort_by=title&sort_direction=desc", "CBFAED")]
    [InlineData("?sort_by=priority", "CAFEDB")]
    [InlineData("?sort=priority&order=desc", "CAFEDB")]
    [InlineData("?sort_by=priority&order=Asc", "BDEFAC")]
    [InlineData("?sort_by=due_date", "FACDBE")]
    [InlineData("?SORT_BY=DUE_DATE&SORT_ORDER=ASC", "FACDBE")]
    [InlineData("?sort=due_date&sort_direction=DESC", "DCAFEB")]
    [InlineData("?sort=title&sort_by=title&order=desc&sort_order=desc&sort_direction=desc", "CBFAED")]
    // Several at once.
    [InlineData("?status=pending&priority=low&sort_by=title&order=desc", "ED")]
    [InlineData("?completed=false&tags=home&search=e&sort=due_date", "AE")]
    [InlineData("?status=pending&due_from=2026-12-24&sort_by=priority", "AD")]
    // A part of it.
    [InlineData("?limit=2", "FE")]
    [InlineData("?limit=2&offset=1", "ED")]
    [InlineData("?skip=4", "BA")]
    [InlineData("?offset=0&limit=1000", "FEDCBA")]
    [InlineData("?offset=2147483647", "")]
    [InlineData("?limit=2&page=1", "FE")]
    [InlineData("?limit=2&page=2", "DC")]
    [InlineData("?page=2&limit=4", "BA")]
    [InlineData("?limit=1000&page=2147483647", "")]
    [InlineData("?offset=2&skip=2&limit=1", "D")]
    [InlineData("?sort_by=due_date&limit=3&offset=3", "DBE")]
    [InlineData("?sort_by=due_date&order=desc&skip=3", "FEB")]
    [InlineData("?status=pending&limit=2&page=2", "DA")]
    public async Task Answers_what_clients_ask_for(string query, string expected) => Assert.Equal(expected, await ListAsync(query));

    [Fact]
    public async Task Takes_every_word_under_every_name_in_every_case()
    {
        string[] done = ["completed", "complete", "done"], pending = ["pending", "active", "incomplete"];
        var asked = new List<(string Name, string Value, string Expected)>();
        foreach (var name in new[] { "status", "status_filter" })
        {
            asked.Add((name, "all", "FEDCBA"));
            asked.AddRange(done.Select(word => (name, word, "CB")));
            asked.AddRange(pending.Select(word => (name, word, "FEDA")));
        }

        asked.AddRange([("completed", "true", "CB"), ("completed", "false", "FEDA")]);
        asked.AddRange([("priority", "none", "B"), ("priority", "low", "ED"), ("priority", "medium", "F"), ("priority", "high", "A"), ("priority", "urgent", "C"), ("priority", "critical", "C")]);
        asked.AddRange([("tags", "home", "EA"), ("tag", "home", "EA"), ("tags", "work,home", "A"), ("tag", "home,work", "A")]);
        foreach (var name in new[] { "sort_by", "sort" })
            asked.AddRange([(name, "created_at", "FEDCBA"), (name, "updated_at", "BFEDCA"), (name, "title", "DEAFBC"), (name, "priority", "CAFEDB"), (name, "due_date", "FACDBE")]);

        foreach (var (name, value, expected) in asked)
        {
            foreach (var spelled in Cases(value))
                Assert.Equal((name, spelled, expected), (name, spelled, await ListAsync($"?{name}={spelled}")));
        }

        foreach (var (sort, name, value) in from sort in new[] { "sort_by", "sort" }
                                            from name in new[] { "order", "sort_order", "sort_direction" }
                                            from value in Cases("asc").Concat(Cases("desc"))
                                            select (sort, name, value))
        {
            var expected = value.StartsWith("a", StringComparison.OrdinalIgnoreCase) ? "DEAFBC" : "CBFAED";
            Assert.Equal((sort, name, value, expected), (sort, name, value, await ListAsync($"?{sort}=title&{name}={value}")));
        }
    }

    [Theory]
    [InlineData("status=open", "status", "all, pending, active, incomplete, completed, complete or done")]
    [InlineData("status_filter=true", "status_filter", "completed")]
    [InlineData("status=%00", "status", "NUL")]
    [InlineData("completed=yes", "completed", "true or false")]
    [InlineData("completed=1", "completed", "true or false")]
    [InlineData("completed=all", "completed", "true or false")]
    [InlineData("category=a&category=b", "category", "twice")]
    [InlineData("priority=highest", "priority", "none, low, medium, high, urgent or critical")]
    [InlineData("priority=3", "priority", "low")]
    [InlineData("priority=low,high", "priority", "low")]
    [InlineData("priority=low&priority=high", "priority", "twice")]
    [InlineData("status=pending&status=done", "status", "twice")]
    [InlineData("status=pending&status_filter=done", "status_filter", "status")]
    [InlineData("status=pending&status_filter=all", "status_filter", "status")]
    [InlineData("status=pending&completed=true", "query", "completed")]
    [InlineData("completed=true&completed=false", "completed", "twice")]
    [InlineData("tags=work&tag=home", "tag", "tags")]
    [InlineData("tags=work,home&tag=home", "tag", "tags")]
    [InlineData("tags=a%00b", "tags", "NUL")]
    [InlineData("due_from=tomorrow", "due_from", "date")]
    [InlineData("due_from=2026-02-29", "due_from", "date")]
    [InlineData("due_after=2026-13-01", "due_after", "date")]
    [InlineData("due_date_from=24.12.2026", "due_date_from", "date")]
    [InlineData("due_date_start=2026-12-24T24:00", "due_date_start", "date")]
    [InlineData("due_to=1766534400", "due_to", "date")]
    [InlineData("due_before=2026-12-24T18:00:00+02:00", "due_before", "date")]
    [InlineData("due_date_to=2026-12-24%00", "due_date_to", "NUL")]
    [InlineData("due_date_end=99999-12-24", "due_date_end", "date")]
    [InlineData("due_from=2026-12-24&due_after=2026-12-25", "due_after", "due_from")]
    [InlineData("due_to=2026-12-24&due_date_end=2026-12-25", "due_date_end", "due_to")]
    [InlineData("due_to=2026-12-24&due_to=2026-12-25", "due_to", "twice")]
    [InlineData("search=a%00b", "search", "NUL")]
    [InlineData("search=one&search=two", "search", "twice")]
    [InlineData("search=%C2%B4", "search", "accent")]
    [InlineData("sort_by=assignee", "sort_by", "created_at, updated_at, title, priority or due_date")]
    [InlineData("sort=createdAt", "sort", "created_at")]
    [InlineData("sort_by=id;DROP%20TABLE%20tasks", "sort_by", "title")]
    [InlineData("sort_by=title&sort=priority", "sort", "sort_by")]
    [InlineData("sort_by=title,priority", "sort_by", "title")]
    [InlineData("order=up", "order", "asc or desc")]
    [InlineData("sort_order=descending", "sort_order", "asc or desc")]
    [InlineData("sort_direction=-1", "sort_direction", "asc or desc")]
    [InlineData("order=asc&sort_order=desc", "sort_order", "order")]
    [InlineData("order=asc&sort_direction=desc", "sort_direction", "order")]
    [InlineData("order=asc&order=desc", "order", "twice")]
    [InlineData("limit=0", "limit", "1 to 1000")]
    [InlineData("limit=1001", "limit", "1 to 1000")]
    [InlineData("limit=1e2", "limit", "1 to 1000")]
    [InlineData("limit=%D9%A5", "limit", "1 to 1000")]
    [InlineData("limit=1&limit=2", "limit", "twice")]
    [InlineData("offset=-1", "offset", "0")]
    [InlineData("skip=99999999999999999999", "skip", "0")]
    [InlineData("offset=2147483648", "offset", "0")]
    [InlineData("offset=1&skip=2", "skip", "offset")]
    [InlineData("limit=5&page=0", "page", "1")]
    [InlineData("limit=5&page=-1", "page", "1")]
    [InlineData("limit=5&page=2147483648", "page", "1")]
    [InlineData("page=2", "page", "limit")]
    [InlineData("limit=5&page=2&offset=5", "query", "page")]
    [InlineData("limit=5&page=2&after=ffffffff-ffff-ffff-ffff-ffffffffffff", "query", "page")]
    [InlineData("count=yes", "count", "true or false")]
    [InlineData("count=1", "count", "true or false")]
    [InlineData("after=%00", "after", "NUL")]
    [InlineData("after=,", "after", "Link")]
    [InlineData("after=ffffffff-ffff-ffff-ffff-ffffffffffff,x", "after", "Link")]
    [InlineData("sort=title&after=ffffffff-ffff-ffff-ffff-ffffffffffff", "after", "Link")]
    [InlineData("sort=priority&after=ffffffff-ffff-ffff-ffff-ffffffffffff", "after", "Link")]
    [InlineData("sort=priority&after=ffffffff-ffff-ffff-ffff-ffffffffffff,apple", "after", "Link")]
    [InlineData("sort=priority&after=ffffffff-ffff-ffff-ffff-ffffffffffff,99999999999999999999", "after", "Link")]
    [InlineData("sort=updated_at&after=ffffffff-ffff-ffff-ffff-ffffffffffff,x", "after", "Link")]
    [InlineData("sort=updated_at&after=ffffffff-ffff-ffff-ffff-ffffffffffff,-1", "after", "Link")]
    [InlineData("sort=updated_at&after=ffffffff-ffff-ffff-ffff-ffffffffffff,9223372036854775807", "after", "Link")]
    [InlineData("sort=title&after=x,apple", "after", "Link")]
    public async Task Refuses_what_it_does_not_understand(string query, string field, string rule)
    {
        var message = await app.As(_ann).Get($"/api/{_ann}/tasks?{query}").Refuses(field);

        Assert.Contains(rule, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Takes_a_search_at_the_limit_and_refuses_a_longer_one()
    {
        Assert.Equal("", await ListAsync($"?search={new string('x', 200)}"));
        Assert.Equal("", await ListAsync($"?search={string.Join('+', Enumerable.Range(0, 100).Select(i => (char)('a' + (i % 26))))}"));
        await app.As(_ann).Get($"/api/{_ann}/tasks?search={new string('x', 201)}").Refuses("search");
        await app.As(_ann).Get($"/api/{_ann}/tasks?search={new string('x', 300)}").Refuses("search");
    }

    [Fact]
    public async Task Names_every_parameter_that_is_wrong()
    {
        var problem = await app.As(_ann).Get($"/api/{_ann}/tasks?status=x&priority=y&order=z&limit=0&due_to=q")
            .IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");

        Assert.Equal(["due_to", "limit", "order", "priority", "status"], problem["errors"]!.AsArray().Select(e => e!["field"]!.GetValue<string>()).Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("&order=asc")]
    [InlineData("&sort_by=updated_at")]
    [InlineData("&sort_by=updated_at&order=asc")]
    [InlineData("&sort_by=title")]
    [InlineData("&sort_by=title&order=desc")]
    [InlineData("&sort_by=priority")]
    [InlineData("&sort_by=priority&order=asc")]
    [InlineData("&sort_by=due_date")]
    [InlineData("&sort_by=due_date&order=desc")]
    [InlineData("&status=pending&search=e&sort_by=priority&order=asc")]
    [InlineData("&tags=home&sort=due_date&sort_direction=desc")]
    public async Task Leads_through_all_pages_in_every_order(string query)
    {
        var whole = await ListAsync($"?x{query}");

        foreach (var start in new[] { "limit=1", "limit=2", "limit=3", "limit=1&offset=1", "limit=2&page=2", "limit=2&skip=2" })
        {
            var first = start switch { "limit=1&offset=1" => 1, "limit=2&page=2" or "limit=2&skip=2" => 2, _ => 0 };

            Assert.Equal(whole[Math.Min(first, whole.Length)..], await WalkAsync(_ann, app.Letters, $"/api/{_ann}/tasks?{start}{query}"));
        }
    }

    /// <summary>What the title is sorted by can end in a space, and what begins or ends a value of a query is trimmed.</summary>
    [Theory]
    [InlineData("asc")]
    [InlineData("desc")]
    public async Task Leads_through_all_pages_of_titles_that_sort_strangely(string order)
    {
        string[] titles = ["a", "a\u00b4", "a\u0001", "\u00b4", "\u00a8\u0301", "\u0301", "a,b", "a&b=c", "🧀", "a\u2003b", "\uffdf\ufffdx", "\u0001b", "\u037a", "ﷺ"];
        var (user, letters) = (App.NewUser(), new Dictionary<string, string>());
        foreach (var title in titles.Concat(titles))
            letters.Add((await app.As(user).CreateTask(user, title)).Id(), ((char)('A' + letters.Count)).ToString());

        var whole = Letters(await app.As(user).Get($"/api/{user}/tasks?sort_by=title&order={order}").IsList(), letters);

        Assert.Equal(titles.Length * 2, whole.Length);
        foreach (var limit in new[] { 1, 2, 5 })
            Assert.Equal(whole, await WalkAsync(user, letters, $"/api/{user}/tasks?sort_by=title&order={order}&limit={limit}"));
    }

    [Theory]
    [InlineData("title")]
    [InlineData("priority")]
    [InlineData("updated_at")]
    [InlineData("due_date")]
    [InlineData("created_at")]
    public async Task Takes_the_place_of_another_order_as_a_place_or_refuses_it(string sort)
    {
        foreach (var other in new[] { "title", "priority", "updated_at", "due_date", "created_at" })
        {
            var next = (await app.As(_ann).Get($"/api/{_ann}/tasks?sort={other}&limit=2")).Next()!;
            var response = await app.As(_ann).Get(next.Replace($"sort={other}", $"sort={sort}", StringComparison.Ordinal));

            if (response.StatusCode == HttpStatusCode.OK)
                await response.IsList();
            else
                await response.Refuses("after");
        }
    }

    [Theory]
    [InlineData("?count=true", "6")]
    [InlineData("?count=TRUE&limit=2", "6")]
    [InlineData("?count=true&limit=2&offset=5", "6")]
    [InlineData("?count=true&limit=1&page=3&status=pending", "4")]
    [InlineData("?count=true&search=home&tags=home", "2")]
    [InlineData("?count=true&due_to=2026-12-24&sort=due_date", "3")]
    [InlineData("?count=true&search=nowhere", "0")]
    [InlineData("?count=false", null)]
    [InlineData("?count=", null)]
    [InlineData("", null)]
    public async Task Counts_the_whole_list_when_asked_to(string query, string? count)
    {
        var response = await app.As(_ann).Get($"/api/{_ann}/tasks{query}");

        await response.IsList();
        Assert.Equal(count, response.Headers.TryGetValues("X-Total-Count", out var values) ? Assert.Single(values) : null);
    }

    [Theory]
    [InlineData("created_at", "asc", 0)]
    [InlineData("title", "desc", 0)]
    [InlineData("title", "asc", 7)]
    [InlineData("priority", "desc", 0)]
    [InlineData("updated_at", "asc", 201)]
    [InlineData("due_date", "asc", 0)]
    [InlineData("due_date", "desc", 0)]
    [InlineData("due_date", "desc", 3)]
    [InlineData("due_date", "asc", 201)]
    public async Task Gives_a_long_list_whole_and_in_order(string sort, string order, int skip)
    {
        var user = App.NewUser();
        app.Fill(user, 1210);
        using (var database = app.OpenDatabase())
            database.Execute("UPDATE tasks SET title_key = lower(title) WHERE user_id = $user", ("$user", user));
        foreach (var (_, json) in Tasks)
            await app.As(user).Post($"/api/{user}/tasks", json).Is(HttpStatusCode.Created);

        var all = (await app.As(user).Get($"/api/{user}/tasks?sort_by={sort}&order={order}").IsList()).Ids();
        var rest = (await app.As(user).Get($"/api/{user}/tasks?sort_by={sort}&order={order}&offset={skip}").IsList()).Ids();

        Assert.Equal(1216, all.Distinct().Count());
        Assert.Equal(all[skip..], rest);

        // Behind a place, with and without a value to sort by.
        foreach (var filter in new[] { "", "&status=pending" })
        {
            var list = $"/api/{user}/tasks?sort_by={sort}&order={order}{filter}";
            var expected = (await app.As(user).Get(list).IsList()).Ids();
            foreach (var limit in new[] { 3, 900 })
            {
                var next = (await app.As(user).Get($"{list}&limit={limit}")).Next()!;
                var behind = await app.As(user).Get(next.Replace($"&limit={limit}", "", StringComparison.Ordinal)).IsList();
                Assert.Equal(expected[limit..], behind.Ids());
            }
        }
    }

    /// <summary>While the answer is on its way, the first tasks go to the end of the order, and the last ones to its beginning.</summary>
    [Theory]
    [InlineData("sort_by=title", "title", "0", "z")]
    [InlineData("sort_by=title&order=desc", "title", "z", "0")]
    [InlineData("sort_by=priority", "priority", "urgent", "none")]
    [InlineData("sort_by=due_date&status=pending", "due_date", "2026-12-01", "2026-12-31")]
    [InlineData("sort_by=updated_at&order=asc", "category", null, "changed")]
    [InlineData("sort_by=created_at&order=asc", "title", "0", "z")]
    public async Task Gives_each_task_of_a_long_list_once_while_they_move(string query, string field, string? atFirst, string atLast)
    {
        var user = App.NewUser();
        var client = app.As(user);
        app.Fill(user, 2500);
        using (var database = app.OpenDatabase())
        {
            database.Execute(
                "UPDATE tasks SET title_key = lower(title), priority = 2, due_date = '2026-12-15', due_order = '2026-12-15' WHERE user_id = $user",
                ("$user", user));
        }

        var expected = (await client.Get($"/api/{user}/tasks?{query}").IsList()).Ids();
        var url = new Uri($"/api/{user}/tasks?{query}", UriKind.Relative);
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var start = new byte[1];
        await body.ReadExactlyAsync(start, TestContext.Current.CancellationToken);

        if (atFirst is not null)
            await MoveAsync(expected[^20..], atFirst);
        await MoveAsync(expected[..20], atLast);
        await client.Delete($"/api/{user}/tasks/{expected[^21]}");
        await client.Patch($"/api/{user}/tasks/{expected[^22]}/complete").Is(HttpStatusCode.OK);

        using var rest = new StreamReader(body);
        var ids = JsonNode.Parse(Encoding.UTF8.GetString(start) + await rest.ReadToEndAsync(TestContext.Current.CancellationToken))!.AsArray().Ids();
        Assert.Equal(ids.Distinct(), ids);
        string[] gone = query.Contains("status", StringComparison.Ordinal) ? expected[^22..^20] : [expected[^21]];
        Assert.Equal(expected.Except(gone).Order(), ids.Order());
        string[] moved = [.. expected[..20], .. expected[^22..]];
        Assert.Equal(expected.Except(moved), ids.Except(moved));

        async Task MoveAsync(string[] tasks, string value)
        {
            foreach (var id in tasks)
                await client.Put($"/api/{user}/tasks/{id}", $$"""{"{{field}}":"{{value}}"}""").Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Hides_tasks_of_other_users_from_every_filter()
    {
        var bob = App.NewUser();
        await app.As(bob).Post($"/api/{bob}/tasks", """{"title":"home","tags":["home"],"due_date":"2026-12-24"}""").Is(HttpStatusCode.Created);
        Assert.Equal("EDA", await ListAsync("?search=home"));
        Assert.Equal("EA", await ListAsync("?tags=home"));
        Assert.Equal("CA", await ListAsync("?due_from=2026-12-24&due_to=2026-12-24"));
        Assert.Equal("6", Assert.Single((await app.As(_ann).Get($"/api/{_ann}/tasks?count=true")).Headers.GetValues("X-Total-Count")));
        await app.As(_ann).Get($"/api/{bob}/tasks?search=home&count=true").IsProblem(HttpStatusCode.Forbidden);
    }

    private static string[] Cases(string word) => [word, word.ToUpperInvariant(), $"{char.ToUpperInvariant(word[0])}{word[1..]}"];

    private async Task<string> ListAsync(string query) => Letters(await app.As(_ann).Get($"/api/{_ann}/tasks{query}").IsList(), app.Letters);

    private async Task<string> WalkAsync(string user, Dictionary<string, string> letters, string? url)
    {
        var (client, walked) = (app.As(user), "");
        for (var pages = 0; url is not null; pages++)
        {
            Assert.True(pages <= letters.Count, $"The pages do not end: {walked}");
            var response = await client.Get(url);
            walked += Letters(await response.IsList(), letters);
            url = response.Next();
        }

        return walked;
    }

    private static string Letters(JsonArray list, Dictionary<string, string> letters) => string.Concat(list.Ids().Select(id => letters[id]));

    /// <summary>With tasks of Ann, A to F, one after the other; B was changed last.</summary>
    [DisableWafCache]
    public sealed class ListedApp : ClockApp
    {
        public string Ann { get; } = NewUser();

        public Dictionary<string, string> Letters { get; } = [];

        protected override async ValueTask SetupAsync()
        {
            foreach (var (letter, json) in Tasks)
            {
                Tick();
                Letters.Add((await As(Ann).Post($"/api/{Ann}/tasks", json).Is(HttpStatusCode.Created)).Id(), letter);
            }

            Tick();
            var changed = Letters.Single(task => task.Value == "B").Key;
            await As(Ann).Put($"/api/{Ann}/tasks/{changed}", """{"category":"street"}""").Is(HttpStatusCode.OK);
        }
    }
}
