using Npgsql;
using TaskSlices.Infrastructure.Data.Postgres;

namespace TaskSlices.Tests.Infrastructure.Data.Postgres;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("postgres://ann:secret@db.example/tasks", "Host=db.example;Database=tasks;Username=ann;Password=secret")]
    [InlineData("postgresql://db.example", "Host=db.example")]
    [InlineData("POSTGRES://db:6432/tasks", "Host=db;Port=6432;Database=tasks")]
    [InlineData("postgres://an%40n:p%40ss%2F%3A%3F%23%25word@db/ta%20sks", "Host=db;Database=ta sks;Username=an@n;Password=p@ss/:?#%word")]
    [InlineData("postgres://ann:a@b:c@db/tasks", "Host=db;Database=tasks;Username=ann;Password=a@b:c")]
    [InlineData("postgres://one:5432,two:5433/tasks?target_session_attrs=read-write", "Host=one:5432,two:5433;Database=tasks;Target Session Attributes=read-write")]
    [InlineData("postgres://[2001:db8::1]:5433/tasks", "Host=2001:db8::1;Port=5433;Database=tasks")]
    [InlineData("postgres://[::1]/tasks", "Host=::1;Database=tasks")]
    [InlineData("postgres:///tasks?host=/var/run/postgresql&user=ann", "Host=/var/run/postgresql;Database=tasks;Username=ann")]
    [InlineData("postgres://%2Fvar%2Frun%2Fpostgresql/tasks", "Host=/var/run/postgresql;Database=tasks")]
    [InlineData("postgres://db/tasks?sslmode=disable", "Host=db;Database=tasks;SSL Mode=Disable")]
    [InlineData("postgres://db/tasks?sslmode=verify-full&sslrootcert=/ca.pem", "Host=db;Database=tasks;SSL Mode=VerifyFull;Root Certificate=/ca.pem")]
    [InlineData("postgres://db/tasks?sslmode=verify-ca&connect_timeout=7&application_name=api", "Host=db;Database=tasks;SSL Mode=VerifyCA;Timeout=7;Application Name=api")]
    [InlineData("postgres://db/tasks?options=-c%20search_path%3Dmine", "Host=db;Database=tasks;Options=-c search_path=mine")]
    [InlineData("postgres://db/tasks?Maximum%20Pool%20Size=5", "Host=db;Database=tasks;Maximum Pool Size=5")]
    [InlineData("Host=db;Username=ann;Password='a;b'", "Host=db;Username=ann;Password='a;b'")]
    public void Reads_addresses_as_people_have_them(string text, string expected) =>
        Assert.Equal(Pairs(new NpgsqlConnectionStringBuilder(expected)), Pairs(DatabaseUrl.Parse(text)));

    [Theory]
    [InlineData("postgres://ann:secret@/tasks", "names no host")]
    [InlineData("postgres://ann:secret@db:99999/tasks", "port")]
    [InlineData("postgres://ann:secret@db:abc/tasks", "port")]
    [InlineData("postgres://ann:secret@[::zz]/tasks", "IPv6")]
    [InlineData("postgres://ann:secret@db/tasks?shoe_size=44", "'shoe_size'")]
    [InlineData("postgres://ann:secret@db/tasks?sslmode=maybe", "'sslmode'")]
    [InlineData("postgres://ann:secret@db/tasks?connect_timeout=soon", "'connect_timeout'")]
    [InlineData("postgres://ann:secret%00@db/tasks", "NUL")]
    [InlineData("mysql://ann:secret@db/tasks", "neither an address")]
    [InlineData("secret", "neither an address")]
    [InlineData("Host=db;Shoe Size=44;Password=secret", "neither an address")]
    [InlineData("Database=tasks;Password=secret", "names no host")]
    public void Says_what_is_wrong_and_not_the_password(string text, string words)
    {
        var refusal = Assert.Throws<FormatException>(() => DatabaseUrl.Parse(text));

        Assert.Contains(words, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("Data:ConnectionString (DATABASE_URL) ", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    private static IEnumerable<string> Pairs(NpgsqlConnectionStringBuilder builder) => builder.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal);
}
