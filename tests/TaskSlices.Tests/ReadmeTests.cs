using System.Text.RegularExpressions;

namespace TaskSlices.Tests;

[Trait("Speed", "slow")]
public sealed partial class ReadmeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Has_a_helper_for_frontends_that_posts_and_renews_once_for_all()
    {
        var code = Assert.Single(Code().Matches(await File.ReadAllTextAsync(Path.Combine(DropIn.Root, "docs", "better-auth.md"), Cancellation)), match => match.Value.Contains("function api(", StringComparison.Ordinal));
        var file = Path.Combine(_directory, "api.mjs");
        await File.WriteAllTextAsync(file, code.Groups[1].Value, Cancellation);
        await using var auth = await BetterAuthServer.StartAsync("EdDSA");
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_URL"] = auth.Url });

        var result = await auth.RunReadmeAsync(server.Client.BaseAddress!, file);

        Assert.Equal(1, result["first"]!.GetValue<int>());
        Assert.Equal(1, result["then"]!.GetValue<int>());
        Assert.All(result["statuses"]!.AsArray(), status => Assert.Equal(201, status!.GetValue<int>()));
        var titles = result["titles"]!.AsArray().Select(title => title!.GetValue<string>()).Order(StringComparer.Ordinal);
        Assert.Equal(["Buy milk", .. Enumerable.Range(0, 10).Select(i => $"Task {i}")], titles);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [GeneratedRegex("```[jt]s\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();
}
