using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;
using TaskSlices.Infrastructure.Data.Sqlite;

namespace TaskSlices.Tests.Infrastructure.Data.Sqlite;

/// <summary>What those who write meanwhile see of a backup.</summary>
[Trait("Engine", "SQLite")]
[Trait("Speed", "slow")]
public sealed class BackupsTests : IAsyncLifetime
{
    private const int Megabyte = 1_000_000;

    private readonly string _ann = App.NewUser();
    private FragileApp _app = null!;

    private long LogLength => new FileInfo(Path.Combine(_app.DataDirectory, "taskslices.db-wal")).Length;

    public async ValueTask InitializeAsync()
    {
        _app = await FragileApp.StartAsync();
        await FillAsync(100);
    }

    public ValueTask DisposeAsync() => ((IAsyncDisposable)_app).DisposeAsync();

    [Fact]
    public async Task Gives_the_room_of_the_log_back_before_it_ends()
    {
        await DuringBackupAsync(async () =>
        {
            await FillAsync(40);
            await _app.As(_ann).CreateTask(_ann);
            Assert.True(LogLength > 40 * Megabyte, $"The log has {LogLength} bytes.");
        });

        Assert.InRange(LogLength, 1, 17 * Megabyte);
        Assert.Single(await _app.As(_ann).Get($"/api/{_ann}/tasks").IsList());
    }

    [Fact]
    public async Task Commits_write_the_log_back_again_after_it()
    {
        await DuringBackupAsync(() => Task.CompletedTask);

        await WriteBackAsync();
    }

    [Fact]
    public async Task It_ends_well_and_commits_write_the_log_back_although_another_process_held_the_file()
    {
        using var other = _app.OpenDatabase();

        await DuringBackupAsync(() =>
        {
            other.Execute("BEGIN IMMEDIATE");

            return Task.CompletedTask;
        });
        other.Execute("ROLLBACK");

        await WriteBackAsync();
    }

    private async Task WriteBackAsync()
    {
        await FillAsync(20);
        await _app.As(_ann).CreateTask(_ann);
        using var database = _app.OpenDatabase();
        using var written = database.CreateCommand();
        written.CommandText = "PRAGMA wal_checkpoint(NOOP)";
        using var row = written.ExecuteReader();
        Assert.True(row.Read());
        Assert.InRange(row.GetInt64(1) - row.GetInt64(2), 0, 999);
    }

    [Fact]
    public async Task An_erasure_waits_for_nothing_and_is_not_found_in_the_log_after_it()
    {
        var words = $"secret of {_ann}";
        await EraseAsync("for the first time, which takes longer");

        await DuringBackupAsync(async () =>
        {
            await EraseAsync(words);
            Assert.True(await IsInLogAsync(words));
        });

        Assert.False(await IsInLogAsync(words));
    }

    private async Task EraseAsync(string title)
    {
        var task = await _app.As(_ann).CreateTask(_ann, title);
        await _app.As(_ann).Delete($"/api/{_ann}/tasks/{task.Id()}").Is(HttpStatusCode.OK);
        await _app.Services.GetRequiredService<IStore>().ForgetErasedAsync();
    }

    private async Task DuringBackupAsync(Func<Task> change)
    {
        var copy = Path.Combine(_app.DataDirectory, "copy.db");
        var backup = _app.Services.GetRequiredService<Backups>().MakeAsync(copy, withKeys: false, TestContext.Current.CancellationToken);
        await Wait.Until("it copies", () => File.Exists($"{copy}.partial"));
        await change();
        Assert.False(backup.IsCompleted, "The backup was too quick.");

        await backup;
        using var database = Filler.Open(copy);
        Assert.Equal("ok", database.Scalar("PRAGMA integrity_check"));
    }

    private async Task FillAsync(int megabytes)
    {
        await using var scope = _app.ScopeOf(_ann);
        var db = scope.ServiceProvider.GetRequiredService<AppDb>();
        await db.WriteAsync(
            () => db.Database.ExecuteSqlAsync($"""
                CREATE TABLE IF NOT EXISTS room (bytes);
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {megabytes})
                INSERT INTO room SELECT randomblob({Megabyte}) FROM n
                """),
            TestContext.Current.CancellationToken);
    }

    private async Task<bool> IsInLogAsync(string words)
    {
        await using var log = new FileStream(
            Path.Combine(_app.DataDirectory, "taskslices.db-wal"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[log.Length];
        await log.ReadExactlyAsync(content, TestContext.Current.CancellationToken);

        return content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(words)) >= 0;
    }
}
