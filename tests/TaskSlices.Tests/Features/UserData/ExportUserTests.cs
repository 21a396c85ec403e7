using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Features.UserData;

[Collection(OneAccountServer.Name)]
public sealed class ExportUserTests(AccountServer server)
{
    [Fact]
    public async Task Gives_everything_that_is_kept_and_no_secret()
    {
        var visitor = await server.SignUpAsync();
        var token = await visitor.TokenAsync();
        var task = await visitor.Tasks(token, "POST", """{"title":"Buy milk","description":"2 litres"}""").Is(HttpStatusCode.Created);

        var response = await visitor.WithToken(token, "GET", $"/api/{visitor.Id}/export");
        var rows = await RowsAsync(response);

        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        Assert.Equal(["accounts", "sessions", "tasks"], rows.Select(row => row["kind"]!.GetValue<string>()));
        Assert.Equal(["kind", "user_id", "email", "name", "email_verified", "image", "created_at", "updated_at"], rows[0].Members());
        Assert.Equal(["kind", "user_id", "id", "expires_at", "created_at", "updated_at", "ip_address", "user_agent"], rows[1].Members());
        foreach (var member in task.Members())
            Assert.Equal(task[member]?.ToJsonString(), rows[2][member]?.ToJsonString());
        Assert.All(rows, row => Assert.Equal(visitor.Id, row["user_id"]!.GetValue<string>()));
    }

    /// <summary>A table that has a user_id and no row here is forgotten by the export, and by the erasure.</summary>
    [Fact]
    public async Task Forgets_no_table_that_has_an_owner()
    {
        var visitor = await server.SignUpAsync();
        using var database = server.OpenDatabase();
        var owned = database.OwnedTables();
        foreach (var table in owned.Where(table => database.Scalar($"SELECT 1 FROM {table} WHERE user_id = $user", ("$user", visitor.Id)) is null))
            database.Plant(table, visitor.Id, "planted");

        var kinds = (await RowsAsync(await visitor.WithToken(await visitor.TokenAsync(), "GET", $"/api/{visitor.Id}/export"))).Select(row => row["kind"]!.GetValue<string>()).Distinct();

        Assert.NotEmpty(owned);
        Assert.Equal(owned, kinds);
    }

    [Fact]
    public async Task Reads_more_rows_than_it_holds_at_once()
    {
        var visitor = await server.SignUpAsync();
        server.Execute(
            Engine.Sql(
                """
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1234)
                INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision) SELECT $id, randomblob(16), 'Task ' || i, NULL, 0, 0, 0, i FROM n
                """,
                """
                INSERT INTO tasks (user_id, id, title, description, completed, created_at, updated_at, revision) SELECT $id, gen_random_uuid(), 'Task ' || i, NULL, false, to_timestamp(0), to_timestamp(0), i
                FROM generate_series(1, 1234) i
                """),
            ("$id", visitor.Id));

        var rows = await RowsAsync(await visitor.WithToken(await visitor.TokenAsync(), "GET", $"/api/{visitor.Id}/export"));

        Assert.Equal(1234, rows.Where(row => row["kind"]!.GetValue<string>() == "tasks").Select(row => row["id"]!.GetValue<string>()).Distinct().Count());
        Assert.Equal(1236, rows.Count);
    }

    [Fact]
    public async Task Is_the_owners_and_the_services()
    {
        var (ann, bob) = (await server.SignUpAsync(), await server.SignUpAsync());

        await ann.WithToken(await bob.TokenAsync(), "GET", $"/api/{ann.Id}/export").IsProblem(HttpStatusCode.Forbidden, "NOT_YOUR_URL");
        await server.Anonymous().Get($"/api/{ann.Id}/export").IsProblem(HttpStatusCode.Unauthorized, "TOKEN_MISSING");
        await ann.WithToken($"{AccountServer.ServiceKey}x", "GET", $"/api/{ann.Id}/export").IsProblem(HttpStatusCode.Unauthorized);
        Assert.Equal(2, (await RowsAsync(await ann.WithToken(AccountServer.ServiceKey, "GET", $"/api/{ann.Id}/export"))).Count);
        Assert.Empty(await RowsAsync(await ann.WithToken(AccountServer.ServiceKey, "GET", "/api/never-was/export")));
    }

    internal static async Task<List<JsonObject>> RowsAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(text.Length == 0 || text.EndsWith('\n'));

        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())];
    }
}
