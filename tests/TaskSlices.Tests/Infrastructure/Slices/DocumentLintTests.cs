namespace TaskSlices.Tests.Infrastructure.Slices;

/// <summary>The committed document before other people's rules; tests/openapi-lint has their versions.</summary>
[Trait("Speed", "slow")]
public sealed class DocumentLintTests
{
    private static readonly NodeProject Lint = new("tests", "openapi-lint");

    [Fact]
    public async Task Passes_the_recommended_rules_of_Redocly_and_Spectral()
    {
        await Lint.DemandAsync();

        Assert.Equal("", await Lint.RunAsync("node", ["lint.mjs", Path.Combine(DropIn.Root, "docs", "openapi.json")], TimeSpan.FromMinutes(2)));
    }
}
