using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace TaskSlices.Tests.Support;

/// <summary>The documents in docs, which are those that are served; UPDATE_OPENAPI=1 writes them anew.</summary>
public static class CommittedDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string PathOf(string name) => Path.Combine(DropIn.Root, "docs", name);

    public static async Task IsCurrentAsync(string name, JsonObject document)
    {
        // The version changes with each commit; the committed document does not.
        document["info"]!["version"] = "0.0.0";
        var served = Comparable(document);

        if (Environment.GetEnvironmentVariable("UPDATE_OPENAPI") == "1")
            await File.WriteAllTextAsync(PathOf(name), document.ToJsonString(Indented) + "\n", TestContext.Current.CancellationToken);

        var committed = Comparable(JsonNode.Parse(await File.ReadAllTextAsync(PathOf(name), TestContext.Current.CancellationToken))!.AsObject());
        Assert.True(
            committed == served,
            $"The document changed. If that is meant, write it anew with UPDATE_OPENAPI=1 dotnet test, and commit it.\nCommitted:\n{committed}\nServed:\n{served}");
    }

    /// <summary>Everything, in one order.</summary>
    private static string Comparable(JsonObject document) => Ordered(document)!.ToJsonString(Indented);

    private static JsonNode? Ordered(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m => KeyValuePair.Create(m.Key, Ordered(m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Ordered).OrderBy(item => item?.ToJsonString(), StringComparer.Ordinal)]),
        _ => node?.DeepClone(),
    };
}
