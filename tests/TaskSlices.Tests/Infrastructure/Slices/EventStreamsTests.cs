using System.Diagnostics;

namespace TaskSlices.Tests.Infrastructure.Slices;

/// <summary>How streams end, on Kestrel.</summary>
[Collection(OneAccountServer.Name)]
public sealed class EventStreamsTests(AccountServer server)
{
    [Fact]
    public async Task End_with_the_session_that_they_belong_to()
    {
        var visitor = await server.SignUpAsync();
        var elsewhere = visitor.Elsewhere();
        await elsewhere.SignInAsync();
        var others = await elsewhere.TokenAsync();
        using var stream = await OpenAsync(visitor.Id, await visitor.TokenAsync());
        using var other = await OpenAsync(visitor.Id, others);

        await visitor.SignOutAsync();
        await visitor.Tasks(others, "POST", """{"title":"After"}""").Is(HttpStatusCode.Created);

        Assert.Empty(await stream.ReadToEndAsync());
        Assert.Equal(1, (await other.NextAsync())!.Id);
    }

    [Fact]
    public async Task End_when_the_user_is_erased()
    {
        var (visitor, empty) = (await server.SignUpAsync(), await server.SignUpAsync());
        var token = await visitor.TokenAsync();
        await visitor.Tasks(token, "POST", """{"title":"Before"}""").Is(HttpStatusCode.Created);
        using var stream = await OpenAsync(visitor.Id, token);
        using var other = await OpenAsync(empty.Id, await empty.TokenAsync());

        foreach (var leaving in new[] { visitor, empty })
            await leaving.WithToken(AccountServer.ServiceKey, "DELETE", $"/api/{leaving.Id}").Is(HttpStatusCode.OK);

        Assert.Empty(await stream.ReadToEndAsync());
        Assert.Empty(await other.ReadToEndAsync());
    }

    [Fact]
    public async Task End_at_once_when_the_server_stops_and_leave_no_ticket_in_the_log()
    {
        var directory = Directory.CreateTempSubdirectory("taskslices-").FullName;
        await using (var process = await ServerProcess.StartAsync(
            directory, new() { ["BETTER_AUTH_SECRET"] = Token.Secret, ["Logging__LogLevel__Microsoft.AspNetCore.Authentication"] = "Debug" }))
        {
            using var ann = new HttpClient { BaseAddress = process.Client.BaseAddress };
            ann.DefaultRequestHeaders.Authorization = new("Bearer", Token.For("ann"));
            var streams = new List<EventReader>();
            for (var i = 0; i < 3; i++)
                streams.Add(await EventReader.OpenAsync(ann, "/api/ann/events"));

            var ticket = (await ann.Post("/api/ann/events/ticket").Is(HttpStatusCode.OK))["ticket"]!.GetValue<string>();
            streams.Add(await EventReader.OpenAsync(process.Client, $"/api/ann/events?ticket={ticket}"));
            await process.Client.Get($"/api/ann/events?ticket={ticket}").IsProblem(HttpStatusCode.Unauthorized, "BAD_TICKET");
            await ann.CreateTask("ann");
            foreach (var stream in streams)
                Assert.Equal(1, (await stream.NextAsync())!.Id);

            var began = Stopwatch.GetTimestamp();
            var (exitCode, log) = await process.StopAsync();

            Assert.Equal(0, exitCode);
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(3));
            foreach (var stream in streams)
                Assert.Empty(await stream.ReadToEndAsync());
            Assert.DoesNotContain(ticket, log, StringComparison.Ordinal);
        }

        Engine.Drop(directory);
        Directory.Delete(directory, recursive: true);
    }

    private async Task<EventReader> OpenAsync(string user, string token)
    {
        var client = server.Anonymous();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);

        return await EventReader.OpenAsync(client, $"/api/{user}/events");
    }
}
