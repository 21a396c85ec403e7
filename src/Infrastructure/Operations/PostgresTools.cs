using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data.Postgres;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>PostgreSQL backs itself up: the commands for the database that is set up.</summary>
internal static class PostgresTools
{
    public static string SayHowToBackUp(IServiceProvider services) =>
        $"The data is in PostgreSQL, which has its own tools: pg_dump --format=custom --file=taskslices.dump {Place(services)}";

    public static string SayHowToRestore(IServiceProvider services) =>
        "The data is in PostgreSQL, which has its own tools. Stop every server, then: "
        + $"pg_restore --clean --if-exists --no-owner --single-transaction {Place(services)} taskslices.dump";

    private static string Place(IServiceProvider services)
    {
        var address = DatabaseUrl.Parse(services.GetRequiredService<IOptions<DataSettings>>().Value.ConnectionString);
        var host = address.Host?.Split(',')[0] ?? "";

        return string.Join(' ', new[]
        {
            $"--host={host}", $"--port={address.Port}", $"--username={address.Username}", $"--dbname={address.Database}",
        }.Select(OwnCommand.Quoted));
    }
}
