using System.Text.Json.Nodes;
using FastEndpoints.Testing;

namespace TaskSlices.Tests.Features.Batch;

public sealed class RunBatchTests(App app) : TestBase<App>
{
    private readonly string _ann = App.NewUser();

    [Fact]
    public async Task Carries_out_what_it_is_told_in_its_order()
    {
        var (kept, gone) = (await app.As(_ann).CreateTask(_ann, "Kept"), await app.As(_ann).CreateTask(_ann, "Gone"));

        var answer = await SendAsync(
            """{"method":"POST","path":"/tasks","body":{"title":"New"}}""",
            $$"""{"method":"PUT","path":"/tasks/{{kept.Id()}}","body":{"title":"Changed"} }""",
            $$"""{"method":"PATCH","path":"/tasks/{{kept.Id()}}/complete"}""",
            $$"""{"method":"PATCH","path":"/tasks/{{kept.Id()}}","body":{"description":"Also"} }""",
            $$"""{"method":"DELETE","path":"/tasks/{{gone.Id()}}"}""").Is(HttpStatusCode.OK);

        var results = answer["results"]!.AsArray().Select(result => result!.AsObject()).ToList();
        Assert.Equal([201, 200, 200, 200, 200], results.Select(result => result["status"]!.GetValue<int>()));
        Assert.All(results, result => Assert.Equal(["status", "location", "etag", "body"], result.Select(member => member.Key)));
        var made = results[0]["body"]!.AsObject();
        Assert.Equal($"/api/{_ann}/tasks/{made.Id()}", results[0]["location"]!.GetValue<string>());
        Assert.Null(results[1]["location"]);
        Assert.True(results[2]["body"]!["completed"]!.GetValue<bool>());
        Assert.Equal("Task deleted", results[4]["body"]!["message"]!.GetValue<string>());

        var stored = await app.As(_ann).Get($"/api/{_ann}/tasks").IsList();
        Assert.Equal([made.Id(), kept.Id()], stored.Ids());
        var changed = stored[1]!.AsObject();
        Assert.Equal(("Changed", "Also", true), (changed.Text("title"), changed.Text("description"), changed["completed"]!.GetValue<bool>()));
        Assert.Equal(results[3]["body"]!.ToJsonString(), changed.ToJsonString());
        Assert.Equal((7L, 6L), (app.LastRevision(_ann), (await app.StoredAsync(_ann, Guid.Parse(kept.Id())))!.Revision));
    }

    [Theory]
    [InlineData("""{"method":"POST","path":"/tasks","body":{"title":""}}""", 422, "VALIDATION_FAILED")]
    [InlineData("""{"method":"PUT","path":"/tasks/01a2283a-2561-7965-b70d-c571cb1397aa","body":{"title":"New"}}""", 404, "TASK_NOT_FOUND")]
    [InlineData("""{"method":"PATCH","path":"/tasks/01a2283a-2561-7965-b70d-c571cb1397aa/complete","body":{"completed":"yes"}}""", 422, "VALIDATION_FAILED")]
    [InlineData("""{"method":"POST","path":"/tasks","body":[]}""", 422, "VALIDATION_FAILED")]
    [InlineData("""{"method":"POST","path":"/tasks"}""", 422, "VALIDATION_FAILED")]
    [InlineData("""{"method":"POST","path":"/tasks","body":null}""", 422, "VALIDATION_FAILED")]
    [InlineData("""{"method":"POST","path":"/tasks","body":{"title":"New"},"idempotency_key":""}""", 422, "VALIDATION_FAILED")]
    [InlineData("""{"method":"POST","path":"/tasks/01a2283a-2561-7965-b70d-c571cb1397aa"}""", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("""{"method":"DELETE","path":"/tasks/7"}""", 404, "NOT_FOUND")]
    [InlineData("""{"method":"POST","path":"/nothing"}""", 404, "NOT_FOUND")]
    [InlineData("""{"method":"POST","path":"/tasks%2F..%2Ftasks"}""", 404, "NOT_FOUND")]
    [InlineData("""{"method":"POST","path":"/export"}""", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("""{"method":"POST","path":"/batch","body":{"operations":[{"method":"POST","path":"/tasks","body":{"title":"Inner"}}]}}""", 422, "NOT_IN_A_BATCH")]
    public async Task Changes_nothing_if_one_operation_is_refused_and_names_it(string operation, int status, string code)
    {
        var task = await app.As(_ann).CreateTask(_ann, "First");
        var before = await app.StoredTextAsync(_ann, task.Id());
        string[] operations =
        [
            """{"method":"POST","path":"/tasks","body":{"title":"Second"},"idempotency_key":"second"}""",
            $$"""{"method":"PUT","path":"/tasks/{{task.Id()}}","body":{"title":"Changed"} }""",
            operation,
            """{"method":"POST","path":"/tasks","body":{"title":"Third"}}""",
        ];

        var problem = await SendAsync(operations).IsProblem((HttpStatusCode)status, code);

        Assert.Equal(2, problem["operation"]!.GetValue<int>());
        Assert.Equal($"/api/{_ann}{JsonNode.Parse(operation)!.AsObject().Text("path")}", problem.Text("instance"));
        Assert.Equal(before, await app.StoredTextAsync(_ann, task.Id()));
        Assert.Single(await app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
        Assert.Equal(1, app.LastRevision(_ann));

        // The key of the second was not kept.
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(operations[0].Replace("Second", "Other", StringComparison.Ordinal))).StatusCode);
        Assert.Equal(2, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Gives_the_errors_of_the_operation()
    {
        var problem = await SendAsync(
            """{"method":"POST","path":"/tasks","body":{"title":"New"}}""",
            """{"method":"POST","path":"/tasks","body":{"title":"New","priority":"soon"}}""").IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");

        Assert.Equal((1, "priority"), (problem["operation"]!.GetValue<int>(), Assert.Single(problem["errors"]!.AsArray())!["field"]!.GetValue<string>()));
        Assert.Equal($"/api/{_ann}/tasks", problem.Text("instance"));
    }

    [Fact]
    public async Task Carries_out_conditional_operations()
    {
        var (task, id) = (await app.As(_ann).CreateTask(_ann, "First"), Guid.CreateVersion7());

        var results = (await SendAsync(
            $$"""{"method":"PUT","path":"/tasks/{{task.Id()}}","body":{"title":"Second"},"if_match":"\"1\""}""",
            $$"""{"method":"PUT","path":"/tasks/{{task.Id()}}","body":{"title":"Third"},"if_match":"\"2\""}""",
            $$"""{"method":"PUT","path":"/tasks/{{id}}","body":{"title":"Made here"},"if_none_match":"*"}""",
            $$"""{"method":"PATCH","path":"/tasks/{{id}}/complete","if_match":"\"4\""}""").Is(HttpStatusCode.OK))["results"]!.AsArray();
        Assert.Equal(["\"2\"", "\"3\"", "\"4\"", "\"5\""], results.Select(result => result!["etag"]!.GetValue<string>()));
        Assert.Equal(201, results[2]!["status"]!.GetValue<int>());

        // The condition of one operation is not the next one's.
        var stale = await SendAsync(
            $$"""{"method":"PUT","path":"/tasks/{{id}}","body":{"title":"Again"},"if_match":"\"5\""}""",
            $$"""{"method":"PUT","path":"/tasks/{{id}}","body":{"title":"And again"} }""",
            $$"""{"method":"DELETE","path":"/tasks/{{task.Id()}}","if_match":"\"2\""}""");
        var problem = await stale.IsProblem(HttpStatusCode.PreconditionFailed, "PRECONDITION_FAILED");
        Assert.Equal((2, $"/api/{_ann}/tasks/{task.Id()}"), (problem["operation"]!.GetValue<int>(), problem.Text("instance")));
        Assert.Equal(("\"3\"", "Third"), ($"{stale.Headers.ETag}", problem["current"]!["title"]!.GetValue<string>()));
        Assert.Equal(("Made here", 5L), ((await app.StoredAsync(_ann, id))!.Title, app.LastRevision(_ann)));
        await SendAsync($$"""{"method":"PUT","path":"/tasks/{{id}}","body":{"title":"Again"},"if_match":"5"}""").Refuses("If-Match");
    }

    [Theory]
    [InlineData("""{"method":"GET","path":"/tasks"}""", "operations[0].method")]
    [InlineData("""{"method":"post","path":"/tasks"}""", "operations[0].method")]
    [InlineData("""{"path":"/tasks"}""", "operations[0].method")]
    [InlineData("""{"method":"POST"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"tasks"}""", "operations[0].path")]
    [InlineData("""{"method":"DELETE","path":"/"}""", "operations[0].path")]
    [InlineData("""{"method":"DELETE","path":""}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"/tasks?title=x"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"/tasks#x"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"//tasks"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"/tasks/"}""", "operations[0].path")]
    [InlineData("""{"method":"DELETE","path":"/tasks/.."}""", "operations[0].path")]
    [InlineData("""{"method":"DELETE","path":"/tasks/%2e%2E"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"/../bob/tasks"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"/tasks%00"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"/tasks%"}""", "operations[0].path")]
    [InlineData("""{"method":"POST","path":"http://localhost/tasks"}""", "operations[0].path")]
    [InlineData("""{"method":"PATCH","path":"/tasks","idempotency_key":"key"}""", "operations[0].idempotency_key")]
    [InlineData("null", "operations")]
    public async Task Refuses_what_is_no_operation(string operation, string field)
    {
        await SendAsync(operation).Refuses(field);

        Assert.Equal(0, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Reaches_the_tasks_of_a_user_whose_name_has_a_percent_sign()
    {
        var user = $"{_ann}%41";
        var url = $"/api/{Uri.EscapeDataString(user)}";

        await app.As(user).Post($"{url}/batch", """{"operations":[{"method":"POST","path":"/tasks","body":{"title":"New"}}]}""").Is(HttpStatusCode.OK);

        Assert.Single(await app.As(user).Get($"{url}/tasks").IsList());
    }

    [Fact]
    public async Task Looks_no_closer_at_a_batch_that_is_too_long()
    {
        var refused = await SendAsync([.. Enumerable.Repeat("{}", 20_000)]).IsProblem(HttpStatusCode.UnprocessableEntity, "VALIDATION_FAILED");

        Assert.Equal("operations", Assert.Single(refused["errors"]!.AsArray())!["field"]!.GetValue<string>());
    }

    [Fact]
    public async Task Takes_a_hundred_operations_and_no_more()
    {
        var operation = """{"method":"POST","path":"/tasks","body":{"title":"New"}}""";

        await SendAsync().Refuses("operations");
        await SendAsync([.. Enumerable.Repeat(operation, 101)]).Refuses("operations");
        Assert.Equal(0, app.LastRevision(_ann));
        await SendAsync([.. Enumerable.Repeat(operation, 100)]).Is(HttpStatusCode.OK);
        Assert.Equal(100, app.LastRevision(_ann));
    }

    /// <summary>Also of a user whose address is that of the accounts' own endpoints.</summary>
    [Fact]
    public async Task Reaches_nothing_but_slices_of_the_user()
    {
        foreach (var path in new[] { "sign-out", "sign-up/email", "revoke-sessions" })
        {
            var batch = Body($$"""{"method":"POST","path":"/{{path}}"}""");
            await app.As("auth").Post("/api/auth/batch", batch).IsProblem(HttpStatusCode.UnprocessableEntity, "NOT_IN_A_BATCH");
        }

        await app.As("auth").Post("/api/auth/batch", Body("""{"method":"POST","path":"/tasks","body":{"title":"Of a user called auth"}}""")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Hides_tasks_of_other_users()
    {
        var bob = App.NewUser();
        var task = await app.As(bob).CreateTask(bob);
        var before = await app.StoredTextAsync(bob, task.Id());

        foreach (var operation in new[]
        {
            $$"""{"method":"PUT","path":"/tasks/{{task.Id()}}","body":{"title":"Mine"} }""", $$"""{"method":"PATCH","path":"/tasks/{{task.Id()}}/complete"}""",
            $$"""{"method":"DELETE","path":"/tasks/{{task.Id()}}"}""",
        })
            await SendAsync(operation).IsProblem(HttpStatusCode.NotFound, "TASK_NOT_FOUND");
        await app.As(_ann).Post($"/api/{bob}/batch", Body("""{"method":"POST","path":"/tasks","body":{"title":"New"}}""")).IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");

        Assert.Equal((before, 1L, 0L), (await app.StoredTextAsync(bob, task.Id()), app.LastRevision(bob), app.LastRevision(_ann)));
    }

    [Fact]
    public async Task Carries_out_an_operation_with_a_key_once()
    {
        const string keyed = """{"method":"POST","path":"/tasks","body":{"title":"Once"},"idempotency_key":"once"}""";
        const string plain = """{"method":"POST","path":"/tasks","body":{"title":"Again"}}""";

        var first = (await SendAsync(keyed, plain).Is(HttpStatusCode.OK))["results"]!.AsArray();
        var again = (await SendAsync(plain, keyed, keyed).Is(HttpStatusCode.OK))["results"]!.AsArray();

        Assert.Equal(first[0]!.ToJsonString(), again[1]!.ToJsonString());
        Assert.Equal(first[0]!.ToJsonString(), again[2]!.ToJsonString());
        Assert.Equal(3, app.LastRevision(_ann));

        // The same from outside, and the other way round.
        var alone = await app.As(_ann).SendWith("POST", $"/api/{_ann}/tasks", """{"title":"Once"}""", ("Idempotency-Key", "once"));
        Assert.True(alone.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(first[0]!["body"]!.ToJsonString(), (await alone.Is(HttpStatusCode.Created)).ToJsonString());
        var problem = await SendAsync(plain, keyed.Replace("Once", "Other", StringComparison.Ordinal)).IsProblem(HttpStatusCode.UnprocessableEntity, "IDEMPOTENCY_KEY_REUSED");
        Assert.Equal(1, problem["operation"]!.GetValue<int>());
        Assert.Equal(3, app.LastRevision(_ann));
    }

    [Fact]
    public async Task Is_carried_out_once_itself()
    {
        var batch = Body("""{"method":"POST","path":"/tasks","body":{"title":"One"},"idempotency_key":"one"}""", """{"method":"POST","path":"/tasks","body":{"title":"Two"}}""");
        var wrong = Body("""{"method":"POST","path":"/tasks","body":{"title":"One"}}""", """{"method":"POST","path":"/tasks","body":{}}""");

        Assert.Equal(1, (await WithKeyAsync(wrong).IsProblem(HttpStatusCode.UnprocessableEntity))["operation"]!.GetValue<int>());
        Assert.Equal(0, app.LastRevision(_ann));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => WithKeyAsync(batch).Is(HttpStatusCode.OK), Cancellation)));
        var again = await WithKeyAsync(batch);

        Assert.Single(answers.Select(answer => answer.ToJsonString()).Distinct());
        Assert.True(again.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(answers[0].ToJsonString(), (await again.Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal(2, app.LastRevision(_ann));
        await WithKeyAsync(wrong).IsProblem(HttpStatusCode.UnprocessableEntity, "IDEMPOTENCY_KEY_REUSED");

        Task<HttpResponseMessage> WithKeyAsync(string body) => app.As(_ann).SendWith("POST", $"/api/{_ann}/batch", body, ("Idempotency-Key", "batch"));
    }

    [Fact]
    public async Task Leaves_no_gap_in_the_revisions_whoever_writes_meanwhile()
    {
        const string right = """{"method":"POST","path":"/tasks","body":{"title":"New"}}""";
        var batches = Enumerable.Range(0, 12).Select(i => Task.Run(
            async () => (int)(i % 3 == 0 ? await SendAsync(right, right, """{"method":"DELETE","path":"/tasks/01a2283a-2561-7965-b70d-c571cb1397aa"}""") : await SendAsync(right, right)).StatusCode, Cancellation));
        var creates = Enumerable.Range(0, 12).Select(_ => Task.Run(async () => (int)(await app.As(_ann).Post($"/api/{_ann}/tasks", """{"title":"New"}""")).StatusCode, Cancellation));

        var statuses = (await Task.WhenAll(batches.Concat(creates))).CountBy(status => status).OrderBy(count => count.Key).Select(count => (count.Key, count.Value));

        Assert.Equal([(200, 8), (201, 12), (404, 4)], statuses);
        using var database = app.OpenDatabase();
        var numbers = database.Query("SELECT revision FROM tasks WHERE user_id = $user ORDER BY revision", ["revision"], ("$user", _ann)).Select(row => Convert.ToInt64(row[0], null));
        Assert.Equal(Enumerable.Range(1, 28).Select(number => (long)number), numbers);
        Assert.Equal(28, app.LastRevision(_ann));
    }

    private Task<HttpResponseMessage> SendAsync(params string[] operations) => app.As(_ann).Post($"/api/{_ann}/batch", Body(operations));

    private static string Body(params string[] operations) => $$"""{"operations":[{{string.Join(',', operations)}}]}""";
}
