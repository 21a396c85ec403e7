using TaskSlices.Infrastructure.Slices;

namespace TaskSlices.Tests.Infrastructure.Slices;

public sealed class DocumentGeneratorTests(Server server) : IClassFixture<Server>
{
    [Fact]
    public async Task Is_not_loaded_before_a_document_is_asked_for()
    {
        var ct = TestContext.Current.CancellationToken;
        using var client = server.Anonymous();
        await server.As("ann").Get("/api/ann/tasks").IsList();
        var before = await LoadedAsync();

        (await client.GetAsync(Document.Path, ct)).EnsureSuccessStatusCode();

        Assert.DoesNotContain("NSwag", before, StringComparison.Ordinal);
        Assert.DoesNotContain("NJsonSchema", before, StringComparison.Ordinal);
        Assert.DoesNotContain("Newtonsoft", before, StringComparison.Ordinal);
        Assert.Contains("NSwag", await LoadedAsync(), StringComparison.Ordinal);

        Task<string> LoadedAsync() => File.ReadAllTextAsync($"/proc/{server.Process.Process.Id}/maps", ct);
    }
}
