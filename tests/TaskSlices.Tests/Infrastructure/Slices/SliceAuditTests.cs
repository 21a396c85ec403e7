using FastEndpoints;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Slices;

/// <summary>The product with a slice more that has a mistake in it does not start.</summary>
public sealed class SliceAuditTests
{
    [Theory]
    [InlineData(new[] { typeof(WriteMemo) }, "WriteMemo takes Text from the body and has no validator", "class WriteMemoValidator")]
    [InlineData(new[] { typeof(ShowRow) }, "ShowRow answers with the entity TaskItem", "record of your own")]
    [InlineData(new[] { typeof(ListRows) }, "ListRows answers with the entity TaskItem", "record of your own")]
    [InlineData(new[] { typeof(Here.SameName), typeof(There.SameName) }, "Two slices are called SameName", "Rename one of the classes")]
    [InlineData(new[] { typeof(OneMemo), typeof(SameMemo) }, "Two slices have one route", "Change one of the routes")]
    [InlineData(new[] { typeof(OneMemo), typeof(OtherMemo) }, "Two slices have one route, GET /api/{}/memos/{guid}: OneMemo and OtherMemo", "Change one of the routes")]
    public async Task Says_what_is_wrong_and_the_mend(Type[] slices, string what, string mend)
    {
        var app = new OddApp { Slices = slices };

        var refusal = await Assert.ThrowsAnyAsync<Exception>(async () => await ((IAsyncLifetime)app).InitializeAsync());

        var sentence = Assert.IsType<StartupException>(refusal.GetBaseException()).Message;
        Assert.Contains(what, sentence, StringComparison.Ordinal);
        Assert.Contains(mend, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lets_a_right_slice_start()
    {
        var app = new OddApp { Slices = [typeof(OneMemo)] };
        await ((IAsyncLifetime)app).InitializeAsync();

        Assert.Equal(HttpStatusCode.OK, (await app.As("ann").Get($"/api/ann/memos/{Guid.NewGuid()}")).StatusCode);
        await ((IAsyncDisposable)app).DisposeAsync();
    }

    [DisableWafCache]
    private sealed class OddApp : App
    {
        public required Type[] Slices { get; init; }

        protected override void ConfigureServices(IServiceCollection s) => s.AddFastEndpoints(discovery =>
        {
            discovery.DisableAutoDiscovery = true;
            discovery.Assemblies = [typeof(Program).Assembly, typeof(OddApp).Assembly];
            discovery.Filter = type => type.Assembly == typeof(Program).Assembly || Slices.Contains(type);
        });
    }
}

public sealed record MemoRequest : OwnedRequest
{
    [RouteParam]
    public Guid Id { get; init; }
}

public sealed record WriteMemoRequest : OwnedRequest
{
    public string Text { get; init; } = "";
}

public sealed class WriteMemo : Endpoint<WriteMemoRequest, Ok<string>>
{
    public override void Configure() => Post("/api/{user_id}/memos");

    public override Task<Ok<string>> ExecuteAsync(WriteMemoRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok(req.Text));
}

public sealed class ShowRow : Endpoint<MemoRequest, Results<Ok<TaskItem>, TaskNotFound>>
{
    public override void Configure() => Get("/api/{user_id}/rows/{id:guid}");

    public override Task<Results<Ok<TaskItem>, TaskNotFound>> ExecuteAsync(MemoRequest req, CancellationToken ct) =>
        Task.FromResult<Results<Ok<TaskItem>, TaskNotFound>>(new TaskNotFound());
}

public sealed class ListRows : Endpoint<MemoRequest, Ok<IEnumerable<TaskItem>>>
{
    public override void Configure() => Get("/api/{user_id}/rows/{id:guid}/all");

    public override Task<Ok<IEnumerable<TaskItem>>> ExecuteAsync(MemoRequest req, CancellationToken ct) =>
        Task.FromResult(TypedResults.Ok<IEnumerable<TaskItem>>([]));
}

public abstract class Memo : Endpoint<MemoRequest, Ok<string>>
{
    public override Task<Ok<string>> ExecuteAsync(MemoRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok("memo"));
}

public sealed class OneMemo : Memo
{
    public override void Configure() => Get("/api/{user_id}/memos/{id:guid}");
}

public sealed class SameMemo : Memo
{
    public override void Configure() => Get("/api/{user_id}/memos/{id:guid}");
}

public sealed record OtherMemoRequest : OwnedRequest
{
    [RouteParam]
    public Guid MemoId { get; init; }
}

public sealed class OtherMemo : Endpoint<OtherMemoRequest, Ok<string>>
{
    public override void Configure() => Get("/api/{user_id}/memos/{memo_id:guid}");

    public override Task<Ok<string>> ExecuteAsync(OtherMemoRequest req, CancellationToken ct) => Task.FromResult(TypedResults.Ok("memo"));
}

public static class Here
{
    public sealed class SameName : Memo
    {
        public override void Configure() => Get("/api/{user_id}/here/{id:guid}");
    }
}

public static class There
{
    public sealed class SameName : Memo
    {
        public override void Configure() => Get("/api/{user_id}/there/{id:guid}");
    }
}
