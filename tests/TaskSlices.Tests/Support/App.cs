using System.Net.Http.Headers;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Features.Tasks;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Support;

/// <summary>The whole application in this process, on a database of its own.</summary>
[DisableWafCache]
public class App : AppFixture<Program>
{
    public const string ServiceKey = "a-service-key-made-up-for-these-tests";

    private static int s_users;

    public string DataDirectory { get; } = Directory.CreateTempSubdirectory("taskslices-").FullName;

    /// <summary>A user that no other test knows.</summary>
    public static string NewUser() => $"user{Interlocked.Increment(ref s_users)}";

    public HttpClient As(string user) => WithToken(Token.For(user));

    public HttpClient WithToken(string token) => CreateClient(c => c.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token));

    public HttpClient Anonymous() => CreateClient(_ => { });

    /// <summary>The row as it is stored, or null.</summary>
    public async Task<TaskItem?> StoredAsync(string user, Guid id)
    {
        await using var scope = Services.CreateAsyncScope();

        return await scope.ServiceProvider.GetRequiredService<AppDb>().Tasks.AsNoTracking().SingleOrDefaultAsync(t => t.UserId == user && t.Id == id);
    }

    /// <summary>A connection of one's own to the database file.</summary>
    public SqliteConnection OpenDatabase()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Path.Combine(DataDirectory, "taskslices.db"), Pooling = false }.ToString());
        connection.Open();

        return connection;
    }

    protected override void ConfigureApp(IWebHostBuilder a)
    {
        a.UseSetting("Data:Directory", DataDirectory);
        a.UseSetting("Auth:Secret", Token.Secret);
        a.UseSetting("Accounts:ServiceKey", ServiceKey);
    }

    protected override ValueTask TearDownAsync()
    {
        Directory.Delete(DataDirectory, recursive: true);

        return ValueTask.CompletedTask;
    }
}
