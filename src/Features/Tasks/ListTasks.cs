using FastEndpoints;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record ListTasksRequest : OwnedRequest
{
    public static ListOf<TaskItem> List { get; } = new ListOf<TaskItem>()
        .Filter(t => t.Priority, Priorities.Words, "priority")
        .Filter(t => t.Completed, Statuses(), "status", "status_filter")
        .Filter(t => t.Completed, "completed")
        .Filter(t => t.Category, "category")
        .FilterAll(t => t.TagKeys, TagList.KeyOf, "tags", "tag")
        .From(t => t.DueOrder, DueDate.Start, "due_from", "due_after", "due_date_from", "due_date_start")
        .To(t => t.DueOrder, DueDate.End, "due_to", "due_before", "due_date_to", "due_date_end")
        .Search(t => t.TitleKey, t => t.TextKey)
        .Sort("created_at", t => t.Id, descending: true)
        .Sort("updated_at", t => t.UpdatedAt, descending: true)
        .Sort("title", t => t.TitleKey)
        .Sort("priority", t => t.Priority, descending: true)
        .Sort("due_date", t => t.DueOrder);

    private static Dictionary<string, bool?> Statuses() => new()
    {
        ["all"] = null,
        ["pending"] = false,
        ["active"] = false,
        ["incomplete"] = false,
        ["completed"] = true,
        ["complete"] = true,
        ["done"] = true,
    };
}

public sealed class ListTasks(AppDb db) : Endpoint<ListTasksRequest, RowList<TaskResponse>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/tasks");
        Summary(s =>
        {
            s.Summary = "List the tasks, newest first";
            s.Description = "All that the filters find; with limit, in pages, of which the header Link has the next one.";
        });
    }

    public override Task<RowList<TaskResponse>> ExecuteAsync(ListTasksRequest req, CancellationToken ct) =>
        ListTasksRequest.List.ReadAsync(db.Tasks, req.UserId, HttpContext, TaskResponse.From, ct);
}
