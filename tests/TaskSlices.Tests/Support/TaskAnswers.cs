using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TaskSlices.Tests.Support;

/// <summary>What several slices answer alike.</summary>
public static class TaskAnswers
{
    /// <summary>The members of a task, in their order.</summary>
    public static readonly string[] Members =
    [
        "id", "user_id", "title", "description", "completed", "priority", "due_date", "tags", "category", "recurrence", "completed_at", "next_task_id", "created_at",
        "updated_at", "revision",
    ];

    public static string Text(this JsonObject task, string member) => task[member]!.GetValue<string>();

    public static DateTimeOffset Time(this JsonObject task, string member) =>
        DateTimeOffset.Parse(task.Text(member), System.Globalization.CultureInfo.InvariantCulture);

    public static long Revision(this JsonObject task) => task["revision"]!.GetValue<long>();

    public static string[] Ids(this JsonArray list) => [.. list.Select(task => task!.AsObject().Id())];

    /// <summary>Where the Link header says that the next page is, or null.</summary>
    public static string? Next(this HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Link", out var links))
            return null;

        var link = Regex.Match(Assert.Single(links), "^<([^<>]+)>; rel=\"next\"$");
        Assert.True(link.Success, $"No link to a next page: {string.Join(", ", links)}");

        return link.Groups[1].Value;
    }

    /// <summary>Asserts that this id, which is someone else's, gets what an id gets that never was: all of the answer, but for the trace id.</summary>
    public static async Task Hides(
        this HttpClient client, string id, string method, string url, string? json = null, string code = "TASK_NOT_FOUND")
    {
        var neverWas = $"{Guid.CreateVersion7()}";

        Assert.Equal(await AnswerAsync(neverWas), await AnswerAsync(id));

        async Task<string> AnswerAsync(string asked)
        {
            var response = await client.Send(method, url.Replace(id, asked, StringComparison.Ordinal), json);
            var problem = await response.IsProblem(HttpStatusCode.NotFound, code);
            problem.Remove("trace_id");
            var headers = response.Headers.Concat(response.Content.Headers).Where(h => h.Key != "Content-Length").Select(h => $"{h.Key}: {string.Join(',', h.Value)}");

            return $"{string.Join('\n', headers)}\n{problem.ToJsonString()}".Replace(asked, "{id}", StringComparison.Ordinal);
        }
    }
}
