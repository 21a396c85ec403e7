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
            .AsEnumerable().Where(pair => pair.Value is not null && !pair.Key.StartsWith("Logging:", StringComparison.Ordinal)).ToDictionary();

        Assert.NotEmpty(settings);
        Assert.All(settings, setting => Assert.NotEmpty(setting.Description));
        Assert.Equal(
            settings.Where(setting => setting.Key != "ShutdownTimeoutSeconds").Select(setting => (setting.Key, setting.Default.ToLowerInvariant())).Order(),
            shipped.Select(pair => (pair.Key, pair.Value!.ToLowerInvariant())).Order());
    }
}
