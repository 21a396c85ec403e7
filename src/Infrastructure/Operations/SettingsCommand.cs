using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary><c>settings</c>: each setting, its value in force, and where it comes from. No secret is shown.</summary>
public sealed class SettingsCommand() : ProgramCommand("settings", "Show each setting, its value in force, and where it comes from.")
{
    public override async Task<int> RunAsync(CommandRun run, CancellationToken ct)
    {
        var configuration = (IConfigurationRoot)run.Services.GetRequiredService<IConfiguration>();
        var rows = SettingsList.All(run.Services)
            .Select(setting => (setting.Key, Value: Show(configuration, setting), Source: SettingSource.Of(configuration, setting)))
            .ToArray();
        var (key, value) = (rows.Max(row => row.Key.Length), Math.Min(60, rows.Max(row => row.Value.Length)));
        foreach (var row in rows)
            await run.Output.WriteLineAsync($"{row.Key.PadRight(key)}  {row.Value.PadRight(value)}  {row.Source}");

        return 0;
    }

    private static string Show(IConfiguration configuration, Setting setting) => (configuration[setting.Key] ?? setting.Default) switch
    {
        { Length: > 0 } when setting.IsSecret => "(hidden)",
        "" => "(empty)",
        var value => value,
    };
}
