using System.Data.Common;
using System.Net.Http.Headers;
using FastEndpoints.Testing;
using Microsoft.AspNetCore.Hosting;
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

    /// <summary>A scope that may touch the user's rows, as the guard leaves it.</summary>
    public AsyncServiceScope ScopeOf(string user)
    {
        var scope = Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<RowOwner>().Set(user);

        return scope;
    }

    /// <summary>The task as it is stored, or null.</summary>
    public Task<TaskItem?> StoredAsync(string user, Guid id) => StoredAsync<TaskItem>(user, id);

    /// <summary>The row as it is stored, or null.</summary>
    public async Task<T?> StoredAsync<T>(string user, Guid id) where T : class, IOwned
    {
        await using var scope = ScopeOf(user);

        return await scope.ServiceProvider.GetRequiredService<AppDb>().Set<T>().AsNoTracking().SingleOrDefaultAsync(t => t.UserId == user && t.Id == id);
    }

    /// <summary>A connection of one's own to the database.</summary>
    public DbConnection OpenDatabase() => Engine.Open(DataDirectory);

    protected override void ConfigureApp(IWebHostBuilder a)
    {
        a.UseData(DataDirectory);
        a.UseSetting("Auth:Secret", Token.Secret);
        a.UseSetting("Accounts:ServiceKey", ServiceKey);

        // Tests ask more in a minute than a user does, and some users have more tasks; the tests of the limits set them.
        a.UseSetting("Limits:WritesPerMinute", "0");
        a.UseSetting("Limits:ReadsPerMinute", "0");
        a.UseSetting("Limits:TasksPerUser", "1000000");
    }

    protected override ValueTask TearDownAsync()
    {
        Engine.Drop(DataDirectory);
        Directory.Delete(DataDirectory, recursive: true);

        return ValueTask.CompletedTask;
    }
}
