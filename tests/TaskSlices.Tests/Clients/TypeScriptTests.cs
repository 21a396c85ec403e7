namespace TaskSlices.Tests.Clients;

/// <summary>The npm package of clients/typescript: its tests start servers of this build.</summary>
[Trait("Speed", "slow")]
public sealed class TypeScriptTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly NodeProject Package = new("clients", "typescript");

    [Fact]
    public async Task Passes_its_own_tests_against_the_real_servers()
    {
        await BetterAuthServer.DemandAsync();
        await Package.DemandAsync();

        var output = await Package.RunAsync(NodeProject.Npm, ["test"], Patience, new()
        {
            ["TASKSLICES_DLL"] = Path.Combine(AppContext.BaseDirectory, "TaskSlices.dll"),
        });

        Assert.Matches("(?m)^# pass [1-9]", output);
        Assert.Contains("\n# fail 0\n", output, StringComparison.Ordinal);
        Assert.Contains("\n# skipped 0\n", output, StringComparison.Ordinal);
    }
}
