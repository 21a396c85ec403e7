using System.Text;
using System.Text.Json.Nodes;
using FastEndpoints.Testing;
using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Infrastructure.Slices;

/// <summary>
/// Requests that are made from the document alone, the same in each run: what it allows is answered with success, what it does not is refused,
/// and every answer is one that it describes. A new slice is in it without being named.
/// </summary>
public sealed class DocumentFuzzTests(App app) : TestBase<App>
{
    private const int Seed = 24, Rounds = 80;

    [Fact]
    public Task Answers_what_the_document_allows_with_a_success_that_it_describes() => SweepAsync((fuzz, operation, request, user) =>
    {
        fuzz.Fill(operation, request, user);

        return true;
    }, status => status is >= 200 and < 300 or 404 or 410);

    [Fact]
    public Task Refuses_what_the_document_does_not_allow_as_it_describes() => SweepAsync((fuzz, operation, request, user) =>
    {
        fuzz.Fill(operation, request, user);

        return fuzz.Break(operation, request);
    }, status => status is >= 400 and < 500);

    private async Task SweepAsync(Func<DocumentFuzz, JsonObject, FuzzedRequest, string, bool> make, Func<int, bool> isExpected)
    {
        var document = await app.Anonymous().Get(Document.Path).Is(HttpStatusCode.OK);
        var fuzz = new DocumentFuzz(document, Seed);
        var operations = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(o => (Path: path.Key, Method: o.Key, Operation: o.Value!.AsObject())))
            .Where(o => !IsEndless(o.Operation)).ToList();
        var (findings, sent) = (new List<string>(), 0);

        foreach (var (path, method, operation) in operations)
        {
            for (var round = 0; round < Rounds; round++)
            {
                var user = App.NewUser();
                var request = new FuzzedRequest { Method = method.ToUpperInvariant(), Path = path };
                if (!make(fuzz, operation, request, user))
                    continue;

                // An erasure needs a password, or a service, which needs no body at all.
                var client = operation["operationId"]!.GetValue<string>() == "EraseUser" && isExpected(200) ? app.WithToken(App.ServiceKey) : app.As(user);
                if (path.Contains("{id}", StringComparison.Ordinal) && request.Path.Contains("{id}", StringComparison.Ordinal))
                    request.Path = request.Path.Replace("{id}", round % 4 == 0 ? $"{Guid.NewGuid()}" : (await client.CreateTask(user)).Id(), StringComparison.Ordinal);

                using var response = await client.Send(request.Method, request.Address, request.Body is null ? null : Encoding.UTF8.GetBytes(request.Body), request.Type);
                var finding = isExpected((int)response.StatusCode) ? await fuzz.FindAsync(operation, response) : "unexpected";
                if (finding is not null)
                    findings.Add($"{request.Method} {request.Address} {request.Body} ({request.Broken}): {finding}\n    {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(Cancellation)}");
                sent++;
            }
        }

        Assert.True(sent >= operations.Count * Rounds / 2 && operations.Count >= 8, $"Only {sent} requests were made.");
        Assert.True(findings.Count == 0, $"{findings.Count} of {sent}:\n{string.Join('\n', findings.Take(20))}");
    }

    /// <summary>A stream goes on until the client leaves: its answer can't be read to the end. It has tests of its own.</summary>
    private static bool IsEndless(JsonObject operation) => operation["responses"]?["200"]?["content"]?["text/event-stream"] is not null;
}
