using FastEndpoints;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using TaskSlices.Infrastructure.Auth;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Features.Tasks;

public sealed record ListTagsRequest : OwnedRequest;

/// <param name="Name">As the newest task has it.</param>
/// <param name="Count">How many pending tasks have it.</param>
[Example("""{"name": "home", "count": 2}""")]
public sealed record TagResponse(string Name, int Count);

public sealed class ListTags(AppDb db) : Endpoint<ListTagsRequest, Ok<IEnumerable<TagResponse>>>
{
    public override void Configure()
    {
        Get("/api/{user_id}/tags");
        Summary(s =>
        {
            s.Summary = "List the tags, with how many pending tasks have each";
            s.Description = "In the order of the alphabet. Tags that differ by case are one.";
        });
    }

    public override async Task<Ok<IEnumerable<TagResponse>>> ExecuteAsync(ListTagsRequest req, CancellationToken ct)
    {
        var tasks = db.Set<TaskItem>().Where(t => t.UserId == req.UserId && t.TagKeys != "").OrderByDescending(t => t.Id)
            .Select(t => new { t.Tags, t.Completed }).AsAsyncEnumerable();
        var tags = new SortedDictionary<string, TagResponse>(StringComparer.Ordinal);

        await foreach (var task in tasks.WithCancellation(ct))
        {
            foreach (var tag in task.Tags)
            {
                var key = TagList.KeyOf(tag);
                var known = tags.GetValueOrDefault(key) ?? new TagResponse(tag, 0);
                tags[key] = task.Completed ? known : known with { Count = known.Count + 1 };
            }
        }

        return TypedResults.Ok<IEnumerable<TagResponse>>(tags.Values);
    }
}
