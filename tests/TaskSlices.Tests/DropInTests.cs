using System.Text.Json.Nodes;

namespace TaskSlices.Tests;

/// <summary>What happens to someone who adds a feature: the real product is built with one more file, and started.</summary>
[Trait("Speed", "slow")]
public sealed class DropInTests(DropInTests.Dropped dropped) : IClassFixture<DropInTests.Dropped>
{
    private const string Usings = """
        using FastEndpoints;
        using FluentValidation;
        using Microsoft.AspNetCore.Http.HttpResults;
        using TaskSlices.Infrastructure.Auth;
        using TaskSlices.Infrastructure.Slices;

        namespace TaskSlices.Features.Notes;

        """;

    private const string RightSlice = """
        public sealed record NameNoteRequest : OwnedRequest
        {
            [RouteParam]
            public Guid NoteId { get; init; }

            public string Name { get; init; } = "";
        }

        public sealed class NameNoteValidator : Validator<NameNoteRequest>
        {
            public NameNoteValidator() => RuleFor(r => r.Name).Characters(1, 10);
        }

        public sealed class NameNote : Endpoint<NameNoteRequest, Ok<string>>
        {
            public override void Configure() => Put("/api/{user_id}/notes/{note_id:guid}");

            public override Task<Ok<string>> ExecuteAsync(NameNoteRequest req, CancellationToken ct) =>
                Task.FromResult(TypedResults.Ok($"{req.UserId} {req.NoteId} {req.Name}"));
        }
        """;

    private const string ForgetfulFeature = """
        using FluentValidation;
        using FastEndpoints;
        using Microsoft.AspNetCore.Http.HttpResults;
        using Microsoft.EntityFrameworkCore;
        using Microsoft.EntityFrameworkCore.Metadata.Builders;
        using TaskSlices.Infrastructure.Auth;
        using TaskSlices.Infrastructure.Data;
        using TaskSlices.Infrastructure.Slices;

        namespace TaskSlices.Features.Notes;

        public sealed class Note : IOwned
        {
            public required string UserId { get; init; }
            public required Guid Id { get; init; }
            public required string Text { get; set; }
            public long Revision { get; private set; }
        }

        public sealed class NoteMapping : IEntityTypeConfiguration<Note>
        {
            public void Configure(EntityTypeBuilder<Note> builder)
            {
                builder.ToTable("notes");
                builder.HasKey(n => new { n.UserId, n.Id });
                builder.Property(n => n.Text).HasColumnName("body");
            }
        }

        public sealed class NoteSchema : ISchema
        {
            public IReadOnlyList<SchemaStep> Steps { get; } =
            [
                new("2026-11-25-notes", "CREATE TABLE notes (user_id TEXT NOT NULL, id UUID NOT NULL, body TEXT NOT NULL, revision BIGINT NOT NULL, PRIMARY KEY (user_id, id)) WITHOUT ROWID"),
            ];
        }

        public sealed record AddNoteRequest : OwnedRequest { public string Text { get; init; } = ""; public string Owner { get; init; } = ""; }

        public sealed class AddNoteValidator : Validator<AddNoteRequest>
        {
            public AddNoteValidator() { RuleFor(r => r.Text).Characters(1, 10); RuleFor(r => r.Owner).Characters(1, 100); }
        }

        public sealed class AddNote(AppDb db, IdSource ids, TimeProvider clock) : Endpoint<AddNoteRequest, Ok<Guid>>
        {
            public override void Configure() => Post("/api/{user_id}/notes");

            public override async Task<Ok<Guid>> ExecuteAsync(AddNoteRequest req, CancellationToken ct)
            {
                var note = new Note { UserId = req.Owner, Id = ids.Next(clock.GetUtcNow()), Text = req.Text };
                db.Add(note);
                await db.SaveChangesAsync(ct);

                return TypedResults.Ok(note.Id);
            }
        }

        public sealed record ListNotesRequest : OwnedRequest;

        public sealed class ListNotes(AppDb db) : Endpoint<ListNotesRequest, Ok<List<string>>>
        {
            public override void Configure() => Get("/api/{user_id}/notes");

            public override async Task<Ok<List<string>>> ExecuteAsync(ListNotesRequest req, CancellationToken ct) =>
                TypedResults.Ok(await db.Set<Note>().OrderBy(n => n.Id).Select(n => n.Text).ToListAsync(ct));
        }

        public sealed record GetNoteRequest : OwnedRequest { [RouteParam] public Guid Id { get; init; } }

        public sealed class GetNote(AppDb db) : Endpoint<GetNoteRequest, Ok<string>>
        {
            public override void Configure() => Get("/api/{user_id}/notes/{id:guid}");

            public override async Task<Ok<string>> ExecuteAsync(GetNoteRequest req, CancellationToken ct) =>
                TypedResults.Ok((await db.Set<Note>().FirstOrDefaultAsync(n => n.Id == req.Id, ct))?.Text ?? "none");
        }

        public sealed record ClearNotesRequest : OwnedRequest;

        public sealed class ClearNotes(AppDb db) : Endpoint<ClearNotesRequest, Ok<int>>
        {
            public override void Configure() => Delete("/api/{user_id}/notes");

            public override async Task<Ok<int>> ExecuteAsync(ClearNotesRequest req, CancellationToken ct) =>
                TypedResults.Ok(await db.WriteAsync(() => db.Set<Note>().ExecuteDeleteAsync(ct), ct));
        }
        """;

    private const string MemoFeature = """"
        using FastEndpoints;
        using FluentValidation;
        using Microsoft.AspNetCore.Http.HttpResults;
        using Microsoft.EntityFrameworkCore;
        using Microsoft.EntityFrameworkCore.Metadata.Builders;
        using TaskSlices.Infrastructure.Auth;
        using TaskSlices.Infrastructure.Data;
        using TaskSlices.Infrastructure.Slices;

        namespace TaskSlices.Features.Memos;

        public sealed class Memo : IOwned
        {
            public required string UserId { get; init; }
            public required Guid Id { get; init; }
            public required string Title { get; set; }
            public string? Text { get; set; }
            public bool Pinned { get; set; }
            public long Revision { get; private set; }

            [Derived]
            public string TitleKey { get => SearchText.Fold(Title); private set { } }

            [Derived]
            public string TextKey { get => SearchText.Fold(Text); private set { } }
        }

        public sealed class MemoMapping : IEntityTypeConfiguration<Memo>
        {
            public void Configure(EntityTypeBuilder<Memo> builder)
            {
                builder.ToTable("memos");
                builder.HasKey(m => new { m.UserId, m.Id });
                builder.HasIndex(m => new { m.UserId, m.TitleKey, m.Id });
            }
        }

        public sealed class MemoSchema : ISchema
        {
            private const string Columns = """
                id UUID NOT NULL, title TEXT NOT NULL, text TEXT, pinned BOOLEAN NOT NULL, revision BIGINT NOT NULL,
                text_key TEXT NOT NULL, PRIMARY KEY (user_id, id)
                """;

            private const string Revision = "CREATE INDEX memos_revision ON memos (user_id, revision, id)";

            public IReadOnlyList<SchemaStep> Steps { get; } =
            [
                new("2026-11-29-memos", $"CREATE TABLE memos (user_id TEXT NOT NULL, title_key TEXT NOT NULL, {Columns}) WITHOUT ROWID; CREATE INDEX memos_title ON memos (user_id, title_key, id); {Revision}")
                {
                    Postgres = $"CREATE TABLE memos (user_id TEXT COLLATE \"C\" NOT NULL, title_key TEXT COLLATE \"C\" NOT NULL, {Columns}); CREATE INDEX memos_title ON memos (user_id, title_key, id); {Revision}",
                },
            ];
        }

        public sealed record AddMemoRequest : OwnedRequest { public string Title { get; init; } = ""; public string? Text { get; init; } public bool? Pinned { get; init; } }

        public sealed class AddMemoValidator : Validator<AddMemoRequest>
        {
            public AddMemoValidator() { RuleFor(r => r.Title).Characters(1, 50); RuleFor(r => r.Text).Characters(0, 500); }
        }

        public sealed class AddMemo(AppDb db, IdSource ids, TimeProvider clock) : Endpoint<AddMemoRequest, Ok<Guid>>
        {
            public override void Configure() => Post("/api/{user_id}/memos");

            public override async Task<Ok<Guid>> ExecuteAsync(AddMemoRequest req, CancellationToken ct)
            {
                var memo = new Memo { UserId = req.UserId, Id = ids.Next(clock.GetUtcNow()), Title = req.Title, Text = req.Text, Pinned = req.Pinned ?? false };
                db.Add(memo);
                await db.SaveChangesAsync(ct);

                return TypedResults.Ok(memo.Id);
            }
        }
        """";

    private const string MemoList = """
        using FastEndpoints;
        using TaskSlices.Infrastructure.Auth;
        using TaskSlices.Infrastructure.Data;
        using TaskSlices.Infrastructure.Slices;

        namespace TaskSlices.Features.Memos;

        public sealed record ListMemosRequest : OwnedRequest
        {
            public static ListOf<Memo> List { get; } = new ListOf<Memo>()
                .Filter(m => m.Pinned, "pinned")
                .Search(m => m.TitleKey, m => m.TextKey)
                .Sort("title", m => m.TitleKey);
        }

        public sealed record MemoResponse(Guid Id, string Title, string? Text, bool Pinned, long Revision) : IRowResponse<Memo, MemoResponse>
        {
            public static MemoResponse From(Memo memo) => new(memo.Id, memo.Title, memo.Text, memo.Pinned, memo.Revision);
        }

        public sealed class ListMemos(AppDb db) : Endpoint<ListMemosRequest, RowList<MemoResponse>>
        {
            public override void Configure() => Get("/api/{user_id}/memos");

            public override Task<RowList<MemoResponse>> ExecuteAsync(ListMemosRequest req, CancellationToken ct) =>
                ListMemosRequest.List.ReadAsync(db.Set<Memo>(), req.UserId, HttpContext, MemoResponse.From, ct);
        }
        """;

    private const string MemoSlices = """
        using FastEndpoints;
        using Microsoft.AspNetCore.Http.HttpResults;
        using TaskSlices.Infrastructure.Auth;
        using TaskSlices.Infrastructure.Data;
        using TaskSlices.Infrastructure.Http;
        using TaskSlices.Infrastructure.Slices;

        namespace TaskSlices.Features.Memos;

        public sealed class MemoNotFound() : NotFoundProblem("MEMO_NOT_FOUND", "There is no such memo.");

        public sealed record MemoRequest : OwnedRequest { [RouteParam] public Guid Id { get; init; } }

        public sealed record PinMemoRequest : OwnedRequest { [RouteParam] public Guid Id { get; init; } public bool Pinned { get; init; } }

        public sealed class GetMemo(AppDb db) : Endpoint<MemoRequest, Results<RowOk<MemoResponse>, MemoNotFound>>
        {
            public override void Configure() => Get("/api/{user_id}/memos/{id:guid}");

            public override async Task<Results<RowOk<MemoResponse>, MemoNotFound>> ExecuteAsync(MemoRequest req, CancellationToken ct) =>
                await db.Set<Memo>().ReadAsync(req.UserId, req.Id, ct) is { } memo ? Row.Ok(MemoResponse.From(memo)) : new MemoNotFound();
        }

        public sealed class PinMemo(AppDb db) : Endpoint<PinMemoRequest, Results<RowOk<MemoResponse>, MemoNotFound>>
        {
            public override void Configure() => Put("/api/{user_id}/memos/{id:guid}/pin");

            public override async Task<Results<RowOk<MemoResponse>, MemoNotFound>> ExecuteAsync(PinMemoRequest req, CancellationToken ct) =>
                await db.Set<Memo>().ChangeAsync(req.UserId, req.Id, memo => memo.Pinned = req.Pinned, ct) is { } memo
                    ? Row.Ok(MemoResponse.From(memo)) : new MemoNotFound();
        }

        public sealed class DeleteMemo(AppDb db) : Endpoint<MemoRequest, Results<RowOk<MemoResponse>, MemoNotFound>>
        {
            public override void Configure() => Delete("/api/{user_id}/memos/{id:guid}");

            public override async Task<Results<RowOk<MemoResponse>, MemoNotFound>> ExecuteAsync(MemoRequest req, CancellationToken ct) =>
                await db.Set<Memo>().RemoveAsync(req.UserId, req.Id, ct) is { } memo ? Row.Ok(MemoResponse.From(memo)) : new MemoNotFound();
        }

        public sealed class RestoreMemo(AppDb db) : Endpoint<MemoRequest, Results<RowOk<MemoResponse>, MemoNotFound>>
        {
            public override void Configure() => Post("/api/{user_id}/memos/{id:guid}/restore");

            public override async Task<Results<RowOk<MemoResponse>, MemoNotFound>> ExecuteAsync(MemoRequest req, CancellationToken ct) =>
                await db.Set<Memo>().RestoreAsync(req.UserId, req.Id, ct) is { } memo ? Row.Ok(MemoResponse.From(memo)) : new MemoNotFound();
        }
        """;

    /// <summary>Saves first and refuses then.</summary>
    private const string LateRefusal = """
        using FastEndpoints;
        using Microsoft.AspNetCore.Http.HttpResults;
        using TaskSlices.Infrastructure.Auth;
        using TaskSlices.Infrastructure.Data;

        namespace TaskSlices.Features.Memos;

        public sealed record KeepNothingRequest : OwnedRequest;

        public sealed class KeepNothing(AppDb db, IdSource ids, TimeProvider clock) : Endpoint<KeepNothingRequest, Conflict>
        {
            public override void Configure() => Post("/api/{user_id}/memos/nothing");

            public override async Task<Conflict> ExecuteAsync(KeepNothingRequest req, CancellationToken ct)
            {
                db.Add(new Memo { UserId = req.UserId, Id = ids.Next(clock.GetUtcNow()), Title = "Nothing" });
                await db.SaveChangesAsync(ct);

                return TypedResults.Conflict();
            }
        }

        public sealed record AwaitAnotherServerRequest : OwnedRequest;

        public sealed class AwaitAnotherServer : Endpoint<AwaitAnotherServerRequest, Ok>
        {
            public override void Configure() => Post("/api/{user_id}/memos/elsewhere");

            public override async Task<Ok> ExecuteAsync(AwaitAnotherServerRequest req, CancellationToken ct)
            {
                await Task.Delay(HttpContext.Request.Headers.ContainsKey("Idempotency-Key") ? Timeout.Infinite : 1100, ct);

                return TypedResults.Ok();
            }
        }
        """;

    [Fact]
    public async Task A_slice_that_forgot_something_stops_the_process_with_its_name_and_the_mend()
    {
        using var wrong = new DropIn();
        var assembly = await wrong.BuildAsync(
            Slice("NoOwner", "record NoOwnerRequest { public int Size { get; init; } }", "Get(\"/api/{user_id}/no-owner\");"),
            Slice("Misspelt", "record MisspeltRequest : OwnedRequest", "Get(\"/api/{userId}/misspelt\");"),
            Slice("NoRoute", "record NoRouteRequest : OwnedRequest", "Get(\"/api/no-route\");"),
            Slice("Open", "record OpenRequest { public int Size { get; init; } }", "Get(\"/api/open\"); AllowAnonymous();"),
            Slice("OpenOwned", "record OpenOwnedRequest : OwnedRequest", "Get(\"/api/{user_id}/open\"); AllowAnonymous();"),
            Slice("Unread", "record UnreadRequest : OwnedRequest { public Guid NoteId { get; init; } }", "Get(\"/api/{user_id}/unread/{note_id}\");"),
            Slice("Served", "record ServedRequest : OwnedRequest", "Get(\"/api/{user_id}/served\"); Description(endpoint => endpoint.OpenToService());"),
            Slice("Hiding", "record HidingRequest : OwnedRequest { public new string UserId { get; init; } = \"\"; }", "Get(\"/api/{user_id}/hiding\");"));

        var (exitCode, output, error) = await ServerProcess.RunAsync([], wrong.NewDataDirectory(), assembly: assembly);

        Assert.Equal(1, exitCode);
        Assert.Equal("", output);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        AssertLine(error, "NoOwner has no owner", "Write 'record NoOwnerRequest : OwnedRequest'");
        AssertLine(error, "Misspelt has no owner", "/api/{userId}/misspelt", "/api/{user_id}/");
        AssertLine(error, "NoRoute has no owner", "/api/no-route", "/api/{user_id}/");
        AssertLine(error, "Open is anonymous", "/api/open", "SliceAudit.Public");
        AssertLine(error, "OpenOwned is anonymous on a user's route", "Remove AllowAnonymous()");
        AssertLine(error, "Unread does not read {note_id}", "[RouteParam]");
        AssertLine(error, "Served is open to services", "GET /api/{user_id}/served", "SliceAudit.Service");
        AssertLine(error, "Hiding hides its owner", "HidingRequest");
    }

    [Fact]
    public async Task A_right_slice_is_one_file_and_is_authenticated_validated_documented_and_attacked()
    {
        var server = dropped.Server;
        var id = Guid.NewGuid();
        using var ann = ClientOf(server, "ann");

        var answer = await ann.Put($"/api/ann/notes/{id}", """{"name":"first"}""");
        Assert.Equal($"\"ann {id} first\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await ann.Put($"/api/ann/notes/{id}", """{"name":"longer than ten"}""").Refuses("name");
        await ann.Put($"/api/bob/notes/{id}", """{"name":"first"}""").IsProblem(HttpStatusCode.Forbidden);
        await server.Client.Put($"/api/ann/notes/{id}", """{"name":"first"}""").IsProblem(HttpStatusCode.Unauthorized);

        var document = await server.Client.Get("/swagger/v1/swagger.json").Is(HttpStatusCode.OK);
        var operation = document["paths"]!["/api/{user_id}/notes/{note_id}"]!["put"]!;
        Assert.Equal("NameNote", operation["operationId"]!.GetValue<string>());
        Assert.Equal("Notes", operation["tags"]![0]!.GetValue<string>());
        Assert.Equal(10, document["components"]!["schemas"]!["NameNoteRequest"]!["properties"]!["name"]!["maxLength"]!.GetValue<int>());

        var routes = Routes(document).ToList();
        Assert.Contains(("PUT", "/api/{user_id}/notes/{note_id}"), routes);
        await AccessTests.Sweep(() => ClientWith(server, null), routes);
    }

    /// <summary>A second feature with a table of its own, whose queries say nowhere whose rows they want.</summary>
    [Fact]
    public async Task A_feature_that_forgets_the_owner_in_every_query_shows_and_changes_nobody_elses_rows()
    {
        var server = dropped.Server;
        using var ann = ClientOf(server, "ann");
        using var bob = ClientOf(server, "bob");
        var id = await TextOf(ann.Post("/api/ann/notes", """{"text":"of ann","owner":"ann"}"""));

        Assert.Equal("""["of ann"]""", await TextOf(ann.Get("/api/ann/notes")));
        Assert.Equal("\"of ann\"", await TextOf(ann.Get($"/api/ann/notes/{id.Trim('"')}")));

        Assert.Equal("[]", await TextOf(bob.Get("/api/bob/notes")));
        Assert.Equal("\"none\"", await TextOf(bob.Get($"/api/bob/notes/{id.Trim('"')}")));
        Assert.Equal("0", await TextOf(bob.Delete("/api/bob/notes")));

        // An owner out of a body is not saved.
        await bob.Post("/api/bob/notes", """{"text":"of bob","owner":"ann"}""").IsProblem(HttpStatusCode.InternalServerError);
        Assert.Equal("""["of ann"]""", await TextOf(ann.Get("/api/ann/notes")));
    }

    [Fact]
    public Task A_list_of_a_feature_is_filtered_sorted_searched_and_paged_in_a_few_lines() => ListsAsync(dropped.Server);

    [Fact]
    public Task A_feature_has_conditional_requests_restore_and_changes_without_naming_them() => SyncsAsync(dropped.Server);

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task So_it_is_on_PostgreSQL()
    {
        await using var database = await PostgresServer.StartAsync();
        await using var server = await dropped.StartAsync(("DATABASE_URL", database.Url));

        await ListsAsync(server);
        await SyncsAsync(server);
    }

    [Fact]
    public async Task A_slice_of_a_feature_is_carried_out_once_and_takes_part_in_batches()
    {
        using var carl = ClientOf(dropped.Server, "carl");
        for (var i = 0; i < 2; i++)
            await TextOf(carl.SendWith("POST", "/api/carl/memos", """{"title":"Once"}""", ("Idempotency-Key", "memo")));
        Assert.Equal("Once", await TitlesAsync());

        var done = await carl.Post("/api/carl/batch", """
            {"operations":[{"method":"POST","path":"/memos","body":{"title":"In a batch"}},{"method":"POST","path":"/tasks","body":{"title":"Beside it"}},
            {"method":"POST","path":"/memos","body":{"title":"Once"},"idempotency_key":"memo"}]}
            """).Is(HttpStatusCode.OK);
        Assert.Equal(3, done["results"]!.AsArray().Count);
        Assert.Equal("In a batch Once", await TitlesAsync());

        // One that waits for something else does not keep the others waiting for long.
        var stuck = carl.SendWith("POST", "/api/carl/memos/elsewhere", null, ("Idempotency-Key", "elsewhere"));
        await stuck.IsProblem(HttpStatusCode.ServiceUnavailable);
        await Wait.Until("the log names the slice", () => dropped.Server.Log.Contains("AwaitAnotherServer did not end within 5 s", StringComparison.Ordinal));

        var slow = await carl.Post("/api/carl/batch", """
            {"operations":[{"method":"POST","path":"/memos","body":{"title":"Lost"}},{"method":"POST","path":"/memos/elsewhere"},
            {"method":"POST","path":"/memos/elsewhere"},{"method":"POST","path":"/memos/elsewhere"}]}
            """).IsProblem(HttpStatusCode.ServiceUnavailable, "BATCH_TOO_LONG");
        Assert.Equal(3, slow["operation"]!.GetValue<int>());
        Assert.Equal("In a batch Once", await TitlesAsync());

        // What was saved before the refusal is undone with it.
        await carl.SendWith("POST", "/api/carl/memos/nothing", null, ("Idempotency-Key", "nothing")).IsProblem(HttpStatusCode.Conflict);
        var problem = await carl.Post("/api/carl/batch", """
            {"operations":[{"method":"POST","path":"/memos","body":{"title":"Lost"}},{"method":"POST","path":"/memos/nothing"}]}
            """).IsProblem(HttpStatusCode.Conflict);
        Assert.Equal((1, "/api/carl/memos/nothing"), (problem["operation"]!.GetValue<int>(), problem["instance"]!.GetValue<string>()));
        Assert.Equal("In a batch Once", await TitlesAsync());

        async Task<string> TitlesAsync() => string.Join(' ', (await carl.Get("/api/carl/memos").IsList()).Select(memo => memo!["title"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_list_by_what_is_no_column_stops_the_process_with_the_mend()
    {
        using var wrong = new DropIn();
        var assembly = await wrong.BuildAsync(
            MemoFeature.Replace("[Derived]\n    public string TextKey { get => SearchText.Fold(Text); private set { } }", "public string TextKey => SearchText.Fold(Text);", StringComparison.Ordinal)
                .Replace("text_key TEXT NOT NULL, ", "", StringComparison.Ordinal), MemoList);

        var (exitCode, output, error) = await ServerProcess.RunAsync([], wrong.NewDataDirectory(), new() { ["BETTER_AUTH_SECRET"] = Token.Secret }, assembly);

        Assert.Equal((1, ""), (exitCode, output));
        AssertLine(error, "ListMemos", "TextKey of Memo is no column", "Give it a setter");
    }

    private static async Task SyncsAsync(ServerProcess server)
    {
        Assert.All(MemoSlices.Split("public sealed class "), slice => Assert.InRange(slice.Split('\n').Length, 1, 39));
        Assert.DoesNotMatch("(?i)etag|match|tombstone|deleted_|revision", MemoSlices);

        using var cat = ClientOf(server, "cat");
        var id = (await TextOf(cat.Post("/api/cat/memos", """{"title":"Memo","text":"Text"}"""))).Trim('"');
        var task = await cat.CreateTask("cat");
        var pinned = await cat.SendWith("PUT", $"/api/cat/memos/{id}/pin", """{"pinned":true}""", ("If-Match", "\"1\"")).Is(HttpStatusCode.OK);
        Assert.Equal(3, pinned.Revision());
        var refused = await cat.SendWith("PUT", $"/api/cat/memos/{id}/pin", """{"pinned":false}""", ("If-Match", "\"1\"")).IsProblem(HttpStatusCode.PreconditionFailed);
        Assert.Equal(pinned.ToJsonString(), refused["current"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.NotModified, (await cat.SendWith("GET", $"/api/cat/memos/{id}", null, ("If-None-Match", "\"3\""))).StatusCode);

        await cat.SendWith("DELETE", $"/api/cat/memos/{id}", null, ("If-Match", "\"3\"")).Is(HttpStatusCode.OK);
        await cat.Get($"/api/cat/memos/{id}").IsProblem(HttpStatusCode.NotFound, "MEMO_NOT_FOUND");
        Assert.Equal([id], (await cat.Get("/api/cat/memos?deleted=true").IsList()).Ids());
        Assert.Empty(await cat.Get("/api/cat/tasks?deleted=true").IsList());
        Assert.Equal($"tasks {task.Id()} False 2, memos {id} True 4", await ChangesAsync(0));

        pinned["revision"] = 5;
        Assert.Equal(pinned.ToJsonString(), (await cat.Post($"/api/cat/memos/{id}/restore").Is(HttpStatusCode.OK)).ToJsonString());
        Assert.Equal($"tasks {task.Id()} False 2, memos {id} False 5", await ChangesAsync(0));
        Assert.Equal($"memos {id} False 5", await ChangesAsync(4));

        async Task<string> ChangesAsync(long since) => string.Join(
            ", ",
            (await cat.Get($"/api/cat/changes?since={since}").Is(HttpStatusCode.OK))["changes"]!.AsArray()
                .Select(change => $"{change!["kind"]} {change["id"]} {change["deleted"]!.GetValue<bool>()} {change["revision"]}"));
    }

    private static async Task ListsAsync(ServerProcess server)
    {
        Assert.InRange(MemoList.Split('\n').Length, 1, 39);

        using var ann = ClientOf(server, "ann");
        using var bob = ClientOf(server, "bob");
        foreach (var memo in new[]
        {
            """{"title":"Zebra","text":"Stra\u00dfe 5","pinned":true}""", """{"title":"apple"}""", """{"title":"\u00c4pfel","pinned":true}""", """{"title":"Banana","text":"of a r\u00e9sum\u00e9"}""",
        })
            await TextOf(ann.Post("/api/ann/memos", memo));
        await TextOf(bob.Post("/api/bob/memos", """{"title":"of Bob"}"""));

        Assert.Equal("Banana Äpfel apple Zebra", await TitlesAsync(""));
        Assert.Equal("Äpfel apple Banana Zebra", await TitlesAsync("?sort_by=title"));
        Assert.Equal("Zebra Banana apple Äpfel", await TitlesAsync("?sort=TITLE&sort_order=desc"));
        Assert.Equal("Äpfel Zebra", await TitlesAsync("?pinned=true"));
        Assert.Equal("Zebra", await TitlesAsync("?search=strasse%205"));
        Assert.Equal("Banana", await TitlesAsync("?search=RESUME&pinned=false"));
        foreach (var wrong in new[] { "pinned=maybe", "sort=text", "search=" + new string('x', 201), "limit=0" })
            await ann.Get($"/api/ann/memos?{wrong}").Refuses(wrong.Split('=')[0]);

        var walked = new List<string>();
        for (var url = "/api/ann/memos?sort=title&limit=1&count=true"; url is not null;)
        {
            var page = await ann.Get(url);
            Assert.Equal("4", Assert.Single(page.Headers.GetValues("X-Total-Count")));
            walked.Add(Assert.Single(await page.IsList())!["title"]!.GetValue<string>());
            url = page.Next();
        }

        Assert.Equal(["Äpfel", "apple", "Banana", "Zebra"], walked);
        await bob.Get("/api/ann/memos?search=apple").IsProblem(HttpStatusCode.Forbidden);
        var names = (await server.Client.Get("/swagger/v1/swagger.json").Is(HttpStatusCode.OK))["paths"]!["/api/{user_id}/memos"]!["get"]!["parameters"]!.AsArray()
            .Select(parameter => parameter!["name"]!.GetValue<string>());
        Assert.Equal(
            ["user_id", "pinned", "search", "sort_by", "sort", "order", "sort_order", "sort_direction", "limit", "after", "offset", "skip", "page", "count", "deleted", "If-None-Match"],
            names);

        async Task<string> TitlesAsync(string query) =>
            string.Join(' ', (await ann.Get($"/api/ann/memos{query}").IsList()).Select(memo => memo!["title"]!.GetValue<string>()));
    }

    private static async Task<string> TextOf(Task<HttpResponseMessage> sent)
    {
        var text = await sent.Text();
        Assert.True((await sent).IsSuccessStatusCode, text);

        return text;
    }

    private static IEnumerable<(string Method, string Route)> Routes(JsonObject document) =>
        from path in document["paths"]!.AsObject() from operation in path.Value!.AsObject() select (operation.Key.ToUpperInvariant(), path.Key);

    private static HttpClient ClientOf(ServerProcess server, string user) => ClientWith(server, Token.For(user));

    private static HttpClient ClientWith(ServerProcess server, string? token)
    {
        var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = new("Bearer", token);

        return client;
    }

    private static string Slice(string name, string request, string configure) => $$"""
        {{Usings}}
        public sealed {{request}}{{(request.EndsWith('}') ? "" : ";")}}

        public sealed class {{name}} : Endpoint<{{name}}Request, Ok<string>>
        {
            public override void Configure() { {{configure}} }

            public override Task<Ok<string>> ExecuteAsync({{name}}Request req, CancellationToken ct) => Task.FromResult(TypedResults.Ok("unguarded"));
        }
        """;

    private static void AssertLine(string error, params string[] parts) =>
        Assert.Single(error.Split('\n'), line => Array.TrueForAll(parts, part => line.Contains(part, StringComparison.Ordinal)));

    /// <summary>The product with a right slice and a feature that forgets the owner, built once.</summary>
    public sealed class Dropped : IAsyncLifetime
    {
        private readonly DropIn _dropIn = new();

        private string _assembly = "";

        public ServerProcess Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            _assembly = await _dropIn.BuildAsync(Usings + RightSlice, ForgetfulFeature, MemoFeature, MemoList, MemoSlices, LateRefusal);
            Server = await StartAsync();
        }

        public Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings)
        {
            var environment = new Dictionary<string, string> { ["BETTER_AUTH_SECRET"] = Token.Secret };
            foreach (var (name, value) in settings)
                environment[name] = value;

            return ServerProcess.StartAsync(_dropIn.NewDataDirectory(), environment, _assembly);
        }

        public async ValueTask DisposeAsync()
        {
            if (Server is not null)
                await Server.DisposeAsync();
            _dropIn.Dispose();
        }
    }
}
