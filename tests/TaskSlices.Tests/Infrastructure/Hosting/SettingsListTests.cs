using System.Text.Json;
using FastEndpoints.Testing;
using Microsoft.Extensions.Configuration;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Hosting;

public sealed class SettingsListTests(App app) : TestBase<App>
{
    [Fact]
    public void Names_what_appsettings_json_has_with_its_default_and_a_description()
    {
        var settings = SettingsList.All(app.Services).ToArray();
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(DropIn.Root, "appsettings.json")));
        var shipped = new ConfigurationBuilder().AddJsonStream(new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(file))).Build()
            .AsEnumerable().Where(pair => pair.Value is not null && !IsOfTheFramework(pair.Key)).ToDictionary();

        Assert.NotEmpty(settings);
        Assert.All(settings, setting => Assert.NotEmpty(setting.Description));
        Assert.Equal(
            settings.Where(setting => setting.Key != "ShutdownTimeoutSeconds").Select(setting => (setting.Key, setting.Default.ToLowerInvariant())).Order(),
            shipped.Select(pair => (pair.Key, pair.Value!.ToLowerInvariant())).Order());
    }

    [Fact]
    public async Task The_table_in_docs_is_that_of_the_settings()
    {
        var path = Path.Combine(DropIn.Root, "docs", "settings.md");
        var text = await File.ReadAllTextAsync(path, Cancellation);
        var (start, end) = (text.IndexOf("| setting |", StringComparison.Ordinal), text.LastIndexOf("|\n\n## Telemetry", StringComparison.Ordinal));
        Assert.True(start >= 0 && end > start, "docs/settings.md has no table before the section on telemetry.");
        var written = $"{text[..start]}{Table()}{text[(end + 2)..]}";
        if (Environment.GetEnvironmentVariable("UPDATE_SETTINGS") == "1")
            await File.WriteAllTextAsync(path, written, Cancellation);

        Assert.True(
            await File.ReadAllTextAsync(path, Cancellation) == written,
            "The settings changed. Write their table anew with UPDATE_SETTINGS=1 dotnet test, and commit it.");
    }

    private string Table() => "| setting | variable | default | |\n|---|---|---|---|\n" + string.Concat(SettingsList.All(app.Services).Select(
        setting => $"| `{setting.Key}` | {Code(setting.ShortName)} | {(setting.Default.Length == 0 ? "empty" : Code(setting.Default))} | {setting.Description} |\n"));

    private static string Code(string? text) => text is null ? "" : $"`{text}`";

    private static bool IsOfTheFramework(string key) =>
        key.StartsWith("Logging:LogLevel:", StringComparison.Ordinal) || key.StartsWith("Logging:Console:", StringComparison.Ordinal);
}
