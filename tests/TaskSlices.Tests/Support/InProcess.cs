using Microsoft.AspNetCore.Mvc.Testing;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Support;

/// <summary>
/// A start of the program in this process, with settings as environment variables name them: all that a start checks, without the second that
/// a process of its own takes. Nothing listens.
/// </summary>
public static class InProcess
{
    public static WebApplicationFactory<Program> Start(string dataDirectory, params (string Name, string Value)[] settings) =>
        new WebApplicationFactory<Program>().WithWebHostBuilder(builder =>
        {
            if (settings.Any(setting => setting.Name.StartsWith("DATABASE_URL", StringComparison.Ordinal)))
                builder.UseSetting("DATA_DIR", dataDirectory);
            else
                builder.UseData(dataDirectory);
            builder.UseSetting("Limits:WritesPerMinute", "0").UseSetting("Limits:ReadsPerMinute", "0");
            foreach (var (name, value) in settings)
                builder.UseSetting(name.Replace("__", ":", StringComparison.Ordinal), value);
        });

    /// <summary>Asserts that it does not start, and gives the one line that says why.</summary>
    public static string Refuses(string dataDirectory, (string Name, string Value)[] settings, params string[] words)
    {
        using var factory = Start(dataDirectory, settings);
        var sentence = StartupErrors.SentenceOf(Record.Exception(() => factory.Server));
        Assert.NotNull(sentence);
        Assert.DoesNotContain('\n', sentence);
        foreach (var word in words)
            Assert.Contains(word, sentence, StringComparison.Ordinal);

        return sentence;
    }
}
