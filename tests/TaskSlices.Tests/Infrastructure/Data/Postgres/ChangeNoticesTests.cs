using System.Diagnostics;
using Microsoft.AspNetCore.Mvc.Testing;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

/// <summary>What one instance changes reaches the streams of another. Alone: the time that it takes is measured.</summary>
[Trait("Speed", "slow")]
[CollectionDefinition(nameof(ChangeNoticesTests), DisableParallelization = true)]
[Collection(nameof(ChangeNoticesTests))]
public sealed class ChangeNoticesTests(PostgresTests.Database database) : IClassFixture<PostgresTests.Database>, IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData("notices")]
    [InlineData("notices, several addresses")]
    [InlineData("lost notices")]
    [InlineData("pooler")]
    public async Task Tell_the_streams_of_other_instances(string kind)
    {
        var name = database.New();
        if (kind == "lost notices")
        {
            using var connection = database.Open(name);
            connection.Execute(
                $"""
                CREATE FUNCTION pg_notify(TEXT, TEXT) RETURNS void LANGUAGE sql AS 'SELECT';
                ALTER DATABASE {name} SET search_path = public, pg_catalog;
                """);
        }

        await using var pooler = kind == "pooler" ? await Pooler.StartAsync(database.Server.Port, connections: 4) : null;
        var address = $"127.0.0.1:{pooler?.Port ?? database.Server.Port}";
        var url = $"postgres://postgres@{address}{(kind.EndsWith("addresses", StringComparison.Ordinal) ? $",{address}" : "")}/{name}";
        var isQuick = kind.StartsWith("notices", StringComparison.Ordinal);
        await using var one = Start(url);
        await using var two = Start(url);
        using var atOne = ClientOf(one);
        using var atTwo = ClientOf(two);
        using var streamOfOne = await EventReader.OpenAsync(atOne, "/api/ann/events");
        using var streamOfTwo = await EventReader.OpenAsync(atTwo, "/api/ann/events");

        // Until each knows that it is not alone.
        if (isQuick)
            await Task.Delay(500, TestContext.Current.CancellationToken);

        // A poll each second, or as quick as the server tells.
        var most = TimeSpan.FromSeconds(isQuick ? 0.7 : 2);
        for (var i = 1; i <= 6; i++)
        {
            await (i % 2 == 0 ? atOne : atTwo).CreateTask("ann");
            var began = Stopwatch.GetTimestamp();
            Assert.Equal(i, (await streamOfOne.NextAsync())!.Id);
            Assert.Equal(i, (await streamOfTwo.NextAsync())!.Id);
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, most);
        }

        // Erased at one, the user has nothing to follow at the other.
        using var service = one.CreateClient();
        await service.SendWith("DELETE", "/api/ann", null, ("Authorization", $"Bearer {App.ServiceKey}")).Is(HttpStatusCode.OK);
        Assert.Empty(await streamOfOne.ReadToEndAsync());
        Assert.Empty(await streamOfTwo.ReadToEndAsync());
    }

    /// <summary>The connection that listens was ended: the poll covers the time until there is a new one.</summary>
    [Fact]
    public async Task Listen_again_when_the_connection_was_lost()
    {
        var name = database.New();
        await using var one = Start(database.Url(name));
        await using var two = Start(database.Url(name));
        using var atTwo = ClientOf(two);
        using var stream = await EventReader.OpenAsync(ClientOf(one), "/api/ann/events");
        using var connection = database.Open(name);

        for (var i = 1; i <= 3; i++)
        {
            await Wait.Until("somebody listens", () => Listeners() > 0);
            connection.Execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'");
            await atTwo.CreateTask("ann");
            Assert.Equal(i, (await stream.NextAsync())!.Id);
        }

        long Listeners() => (long)connection.Scalar("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")!;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static HttpClient ClientOf(WebApplicationFactory<Program> instance)
    {
        var client = instance.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Token.For("ann"));

        return client;
    }

    private WebApplicationFactory<Program> Start(string url) =>
        InProcess.Start(Path.Combine(_directory, $"{Guid.NewGuid():N}"), ("DATABASE_URL", url), ("BETTER_AUTH_SECRET", Token.Secret), ("Accounts:ServiceKey", App.ServiceKey));
}
