using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace TaskSlices.Tests.Infrastructure.Operations;

[Trait("Engine", "SQLite")]
public sealed class ScheduledBackupsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
    private readonly SteppedClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Backs_up_when_there_is_no_backup_and_into_the_directory_that_is_set()
    {
        var backups = Path.Combine(_directory, "elsewhere");
        await using var server = InProcess.Start(Path.Combine(_directory, "data"), ("Backup:Every", "01:00:00"), ("Backup:Directory", backups))
            .WithWebHostBuilder(builder => builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(_clock)));
        await server.CreateClient().Get("/health/live").Is(HttpStatusCode.OK);
        Assert.Empty(Directory.GetFiles(backups));

        await _clock.PassAsync(TimeSpan.FromMinutes(1));

        await Wait.Until("there is a backup", () => Directory.Exists(backups) && Directory.GetFiles(backups, "backup-*.db").Length == 1);
        Filler.IsWhole(Directory.GetFiles(backups)[0]);
    }

    [Theory]
    [InlineData("Backup__Every", "00:30:00", "one hour")]
    [InlineData("Backup__Every", "-1.00:00:00", "one hour")]
    [InlineData("Backup__Keep", "-1", "0 or more")]
    public void Refuses_a_schedule_that_is_none(string name, string value, string words) =>
        InProcess.Refuses(_directory, [(name, value)], name.Replace("__", ":", StringComparison.Ordinal), words);

    [Fact]
    public async Task Refuses_a_directory_that_can_not_be_written()
    {
        var file = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        InProcess.Refuses(
            Path.Combine(_directory, "data"), [("Backup__Every", "1.00:00:00"), ("Backup__Directory", Path.Combine(file, "backups"))], "Backup:Directory", "the server's own");
    }

    [Fact]
    public void Refuses_a_schedule_for_PostgreSQL() => InProcess.Refuses(
        _directory, [("Backup__Every", "1.00:00:00"), ("DATABASE_URL", "postgres://tasks@db.example/tasks")], "Backup:Every", "pg_dump");
}
