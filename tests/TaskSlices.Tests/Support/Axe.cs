using Microsoft.Playwright;

namespace TaskSlices.Tests.Support;

/// <summary>axe-core, of the version that tests/page-axe names. Without Node.js the test is skipped.</summary>
public static class Axe
{
    private static readonly NodeProject Project = new("tests", "page-axe");

    private static readonly Lazy<Task<string>> Source = new(() =>
        File.ReadAllTextAsync(Path.Combine(DropIn.Root, "tests", "page-axe", "node_modules", "axe-core", "axe.min.js")));

    public static Task DemandAsync() => Project.DemandAsync();

    /// <summary>Each violation of any of its rules (WCAG 2.2 AA and good practice) as a sentence, with the element.</summary>
    public static async Task<string[]> FindFaultsAsync(IPage page)
    {
        if (await page.EvaluateAsync<bool>("!globalThis.axe"))
            await page.EvaluateAsync($"() => {{ {await Source.Value} }}");

        return await page.EvaluateAsync<string[]>("""
            async () => {
              const { violations, passes } = await axe.run({ rules: { "target-size": { enabled: true } }, resultTypes: ["violations", "passes"] });
              const faults = violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.html} ${node.any.map((check) => check.message).join(" ")}`));

              return passes.some(({ id }) => id === "color-contrast") ? faults : [...faults, "No contrast was measured."];
            }
            """);
    }
}
