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

        public ServerProcess Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            var assembly = await _dropIn.BuildAsync(Usings + RightSlice, ForgetfulFeature);
            Server = await ServerProcess.StartAsync(_dropIn.NewDataDirectory(), new() { ["BETTER_AUTH_SECRET"] = Token.Secret }, assembly);
        }

        public async ValueTask DisposeAsync()
        {
            if (Server is not null)
                await Server.DisposeAsync();
            _dropIn.Dispose();
        }
    }
}
