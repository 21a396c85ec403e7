using Microsoft.Extensions.DependencyInjection;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Tests.Infrastructure.Data;

public sealed class ExpiredRowsTests(App app) : IClassFixture<App>
{
    [Fact]
    public async Task Go_in_as_many_units_as_it_takes_and_those_that_have_not_expired_stay()
    {
        var now = DateTimeOffset.UtcNow;
        using var database = app.OpenDatabase();
        for (var i = 0; i < 1002; i++)
            EndSession($"ended{i}", now.AddSeconds(-1 - (i / 100)));
        EndSession("refused still", now.AddHours(1));
        SignIn("expired", now.AddSeconds(-1));
        SignIn("alive", now.AddHours(1));

        await app.Services.GetRequiredService<Housekeeping>().RemoveExpiredAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("1 refused still", "1 alive"), (Left("ended_sessions"), Left("sessions")));

        void EndSession(string id, DateTimeOffset until) =>
            database.Execute("INSERT INTO ended_sessions (id, until) VALUES ($id, $until)", ("$id", id), ("$until", Engine.Time(until)));

        void SignIn(string id, DateTimeOffset expiry) => database.Execute(
            "INSERT INTO sessions (user_id, id, token_hash, expires_at, created_at, updated_at, ip_address, user_agent) VALUES ($id, $id, $hash, $at, $at, $at, '', '')",
            ("$id", id), ("$hash", System.Text.Encoding.ASCII.GetBytes(id)), ("$at", Engine.Time(expiry)));

        string Left(string table) => $"{database.Scalar($"SELECT count(*) FROM {table}")} {database.Scalar($"SELECT max(id) FROM {table}")}";
    }
}
