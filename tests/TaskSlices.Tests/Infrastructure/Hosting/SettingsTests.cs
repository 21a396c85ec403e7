using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Tests.Infrastructure.Hosting;

public sealed class SettingsTests : IDisposable
{
    private const string GoodSecret = "a-secret-made-up-for-these-tests-only";
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Theory]
    [InlineData("Auth__Secrt", "a-secret-made-up-for-these-tests-only", "Auth:Secrt", "Secret, Url")]
    [InlineData("Data__Dir", "x", "Data:Dir", "Directory, ConnectionString")]
    [InlineData("BETTER_AUTH_SECRET", "short-secret", "Auth:Secret (BETTER_AUTH_SECRET)", "openssl rand -base64 32")]
    [InlineData("BETTER_AUTH_SECRET", "31-bytes-are-one-too-few-for-it", "Auth:Secret (BETTER_AUTH_SECRET)", "32 bytes")]
    [InlineData("BETTER_AUTH_SECRET", "better-auth-secret-12345678901234567890", "Auth:Secret (BETTER_AUTH_SECRET)", "openssl rand -base64 32")]
    [InlineData("BETTER_AUTH_URL", "app.example", "Auth:Url (BETTER_AUTH_URL)", "Write it as https://app.example")]
    [InlineData("BETTER_AUTH_URL", "ftp://app.example", "Auth:Url (BETTER_AUTH_URL)", "Write it as https://app.example")]
    [InlineData("BETTER_AUTH_URL", "https://ann:secret@app.example", "Auth:Url (BETTER_AUTH_URL)", "without user")]
    [InlineData("BETTER_AUTH_URL", "http://app.example", "Auth:Url (BETTER_AUTH_URL)", "Use https, or set Auth:AllowHttp")]
    [InlineData("Auth__JwksUrl", "https://app.example/keys", "Auth:JwksUrl", "Auth:Url (BETTER_AUTH_URL)")]
    [InlineData("Auth__SubjectClaim", "", "Auth:SubjectClaim", "sub")]
    [InlineData("Auth__Issuer", "https://app.example", "Auth:Issuer", "Set Auth:Url")]
    [InlineData("Auth__AllowHttp", "perhaps", "Auth:AllowHttp", "perhaps")]
    [InlineData("DATABASE_URL", "postgres://ann:pass-word@/tasks", "Data:ConnectionString (DATABASE_URL)", "postgres://user:password@host")]
    [InlineData("CORS_ORIGINS", "*", "Cors:Origins (CORS_ORIGINS)", "https://app.example,http://localhost:3000")]
    [InlineData("CORS_ORIGINS", "https://app.example,*", "Cors:Origins (CORS_ORIGINS)", "no *")]
    [InlineData("CORS_ORIGINS", "https://*.app.example", "Cors:Origins (CORS_ORIGINS)", "no *")]
    [InlineData("CORS_ORIGINS", "localhost:3000", "Cors:Origins (CORS_ORIGINS)", "scheme://host[:port]")]
    [InlineData("CORS_ORIGINS", "http://localhost:3000/app", "Cors:Origins (CORS_ORIGINS)", "nothing behind it")]
    [InlineData("CORS_ORIGINS", "http://ann:secret@localhost:3000", "Cors:Origins (CORS_ORIGINS)", "scheme://host[:port]")]
    [InlineData("PORT", "abc", "PORT", "0 to 65535")]
    [InlineData("PORT", "65536", "PORT", "0 to 65535")]
    [InlineData("PORT", "-1", "PORT", "0 to 65535")]
    [InlineData("HTTP_PORTS", "8080;abc", "HTTP_PORTS", "0 to 65535")]
    [InlineData("BETTER_AUTH_SECRET", "", "BETTER_AUTH_SECRET", "remove it")]
    [InlineData("Auth__Secret", "", "Auth:Secret", "remove it")]
    [InlineData("BETTER_AUTH_SECRET_FILE", "", "BETTER_AUTH_SECRET_FILE", "remove it")]
    [InlineData("Accounts__ServiceKey", "", "Accounts:ServiceKey", "remove it")]
    [InlineData("DATABASE_URL", "", "DATABASE_URL", "remove it")]
    [InlineData("BETTER_AUTH_SECRET_FILE", "/not/there", "BETTER_AUTH_SECRET_FILE", "/not/there")]
    [InlineData("ASPNETCORE_URLS", "nonsense", "Urls", "http://localhost:8000")]
    [InlineData("ASPNETCORE_URLS", "ftp://localhost:8000", "Urls", "http://localhost:8000")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:99999", "Urls", "http://localhost:8000")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:8000/base", "Urls", "http://localhost:8000")]
    [InlineData("Limits__WritesPerMinute", "-1", "Limits:WritesPerMinute", "0 is no limit")]
    [InlineData("Limits__TasksPerUser", "many", "Limits:TasksPerUser", "many")]
    [InlineData("Limits__PerMinute", "1", "Limits:PerMinute", "ReadsPerMinute")]
    [InlineData("Metrics__Url", "localhost:9464", "Metrics:Url", "Write it as http://localhost:9464")]
    [InlineData("Metrics__Url", "https://localhost:9464", "Metrics:Url", "Write it as http://localhost:9464")]
    [InlineData("Metrics__Url", "http://localhost:9464/metrics", "Metrics:Url", "Write it as http://localhost:9464")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "OTEL_EXPORTER_OTLP_ENDPOINT", "Write it as http://localhost:4317")]
    [InlineData("SHUTDOWNTIMEOUTSECONDS", "-3", "ShutdownTimeoutSeconds", "0 to 3600")]
    [InlineData("ALLOWEDHOSTS", ";;", "AllowedHosts", "* for any")]
    [InlineData("Mail__Security", "ssl", "Mail:Security", "starttls, tls or none")]
    [InlineData("Mail__Port", "-1", "Mail:Port", "1 to 65535")]
    [InlineData("Logging__Requests", "perhaps", "Logging:Requests", "perhaps")]
    [InlineData("Auth__DevelopmentUrl", "https://app.example", "Auth:DevelopmentUrl is not on this machine", "BETTER_AUTH_URL")]
    [InlineData("Auth__DevelopmentUrl", "localhost:3000", "Auth:DevelopmentUrl is no address", "https://app.example")]
    [InlineData("Logging__Format", "xml", "Logging:Format", "simple or json")]
    [InlineData("Logging__Request", "true", "Logging:Request is no setting", "Requests, Format, LogLevel")]
    public void Does_not_start_with_a_setting_that_is_wrong(string name, string value, string setting, string mend)
    {
        var line = InProcess.Refuses(_directory, [(name, value)], setting, mend);

        // What people put there by mistake is often a password.
        if (value.Length > 0 && name is "BETTER_AUTH_SECRET" or "Auth__Secret" or "DATABASE_URL")
            Assert.DoesNotContain(value, line, StringComparison.Ordinal);
    }

    /// <summary>These are refused in a process of their own: what the server itself refuses, and how a refusal ends the process.</summary>
    [Trait("Speed", "slow")]
    [Theory]
    [InlineData("ASPNETCORE_URLS", "https://127.0.0.1:0", "Urls", "Kestrel:Certificates:Default:Path")]
    [InlineData("ASPNETCORE_URLS", "http://localhost:0", "Urls", "127.0.0.1:0")]
    [InlineData("BETTER_AUTH_SECRET", "short-secret", "Auth:Secret (BETTER_AUTH_SECRET)", "openssl rand -base64 32")]
    [InlineData("LOGGING__LOGLEVEL__DEFAULT", "Loud", "Logging:LogLevel", "'Loud'")]
    public async Task Ends_with_one_line_when_a_setting_is_wrong(string name, string value, string setting, string mend) =>

        // With a service that waits in the background.
        (await ServerProcess.RunAsync([], _directory, new() { [name] = value, ["Backup__Every"] = "01:00:00" })).IsRefused(setting, mend);

    [Fact]
    public void Does_not_start_with_a_protocol_that_collectors_do_not_speak() => InProcess.Refuses(
        _directory,
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke")],
        "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc or http/protobuf");

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Ends_with_a_line_for_each_section_that_is_wrong()
    {
        var (exitCode, output, error) = await ServerProcess.RunAsync(
            ["check"], _directory, new() { ["Limits__WritesPerMinute"] = "-1", ["BACKUP__EVERY"] = "00:05:00", ["MAIL__HOST"] = "mail.example" });

        Assert.Equal((1, ""), (exitCode, output));
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var section in new[] { "Limits:WritesPerMinute", "Backup:Every", "Mail:From" })
            Assert.Single(lines, line => line.Contains(section, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Says_when_somebody_else_listens_where_it_is_told_to()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        (await ServerProcess.RunAsync([], _directory, new() { ["PORT"] = port })).IsRefused($":{port}", "Urls (or PORT)");
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Says_that_it_can_not_listen_at_an_address_of_another_machine() =>
        (await ServerProcess.RunAsync(["--urls", "http://192.0.2.1:8000"], _directory)).IsRefused("Urls (or PORT)");

    [Theory]
    [InlineData("", "http://localhost:8000")]
    [InlineData("HTTP_PORTS=1", "http://localhost:1")]
    [InlineData("HTTP_PORTS=1;2", "http://localhost:1;http://localhost:2")]
    [InlineData("HTTP_PORTS=1 HTTPS_PORTS=2", "http://localhost:1;https://localhost:2")]
    [InlineData("PORT=3 HTTP_PORTS=1", "http://localhost:3")]
    [InlineData("PORT=0", "http://127.0.0.1:0")]
    [InlineData("PORT=65535", "http://localhost:65535")]
    [InlineData("ASPNETCORE_URLS=http://a:4 PORT=3 HTTP_PORTS=1", "http://a:4")]
    [InlineData("ASPNETCORE_URLS= PORT=3", "http://localhost:3")]
    [InlineData("ASPNETCORE_URLS=http://a:4 PORT=3 HTTP_PORTS=1 --urls=http://b:5", "http://b:5")]
    [InlineData("PORT=3 DOTNET_RUNNING_IN_CONTAINER=true", "http://*:3")]
    [InlineData("PORT=0 DOTNET_RUNNING_IN_CONTAINER=true", "http://*:0")]
    [InlineData("HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true", "http://*:8080")]
    [InlineData("PORT=3 DOTNET_RUNNING_IN_CONTAINER=false", "http://localhost:3")]
    [InlineData("DOTNET_RUNNING_IN_CONTAINER=true", "http://localhost:8000")]
    public void Prefers_urls_of_the_command_line_then_ASPNETCORE_URLS_then_PORT_then_HTTP_PORTS(string given, string urls)
    {
        var words = given.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        using var configuration = new ConfigurationManager();
        configuration.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"));
        configuration.AddInMemoryCollection(words.Where(word => word[0] != '-').Select(word => KeyValuePair.Create(word.Split('=')[0], (string?)word.Split('=')[1])));

        configuration.AddShortNames([.. words.Where(word => word[0] == '-')]);

        Assert.Equal(urls, configuration["Urls"]);
    }

    [Trait("Speed", "slow")]
    [Theory]
    [InlineData("PORT", "0", @"^http://127\.0\.0\.1:\d+$")]
    [InlineData("ASPNETCORE_HTTP_PORTS", "0", @"^http://127\.0\.0\.1:\d+$")]
    public async Task Listens_at_a_free_port_when_told_0(string name, string port, string address)
    {
        await using var server = await ServerProcess.ListenAsync([], _directory, new() { [name] = port });

        Assert.Matches(address, server.Listening);
        using var client = new HttpClient();
        await client.Get($"{server.Listening}/health/ready").Is(HttpStatusCode.OK);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Listens_on_all_interfaces_in_a_container_and_warns_of_nothing()
    {
        var environment = new Dictionary<string, string> { ["PORT"] = "0", ["ASPNETCORE_HTTP_PORTS"] = "8080", ["DOTNET_RUNNING_IN_CONTAINER"] = "true", ["Accounts__Url"] = "http://localhost" };
        await using var server = await ServerProcess.ListenAsync([], _directory, environment);

        Assert.Matches(@"^http://(\[::\]|0\.0\.0\.0):\d+$", server.Listening);
        var (_, log) = await server.StopAsync();
        Assert.DoesNotContain("warn:", log, StringComparison.Ordinal);
        Assert.Matches(@"http://localhost:\d+/api/ann/tasks", log);
    }

    [Fact]
    public void Prefers_the_command_line_to_the_environment() =>
        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET", GoodSecret), ("Auth__Secret", "short")], "Auth:Secret");

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Prefers_a_short_name_to_the_long_one() =>
        (await ServerProcess.RunAsync([], _directory, new() { ["BETTER_AUTH_SECRET"] = "short", ["Auth__Secret"] = GoodSecret })).IsRefused("Auth:Secret");

    [Fact]
    public async Task Takes_an_empty_variable_for_one_that_is_not_set_unless_it_is_a_secret()
    {
        string[] names = ["PORT", "BETTER_AUTH_URL", "CORS_ORIGINS", "ASPNETCORE_URLS"];

        await using var server = InProcess.Start(_directory, [.. names.Select(name => (name, ""))]);

        await server.CreateClient().Get("/health/ready").Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("BETTER_AUTH_SECRET_FILE", "")]
    [InlineData("BETTER_AUTH_SECRET_FILE", "\n")]
    [InlineData("AUTH__SECRET_FILE", "\r\n")]
    public async Task Reads_a_secret_from_a_file_without_the_newline_at_its_end(string name, string end)
    {
        await using var server = InProcess.Start(_directory, (name, FileWith(GoodSecret + end)));

        var token = Token.Of(Token.Header, Token.Claims("ann"), GoodSecret);
        Assert.Empty(await server.CreateClient().GetWith("/api/ann/tasks", ("Authorization", $"Bearer {token}")).IsList());
    }

    [Fact]
    public async Task Reads_the_service_key_from_a_file()
    {
        await using var server = InProcess.Start(_directory, ("BETTER_AUTH_SECRET", GoodSecret), ("ACCOUNTS__SERVICEKEY_FILE", FileWith($"{App.ServiceKey}\n")));

        var response = await server.CreateClient().GetWith("/api/ann/export", ("Authorization", $"Bearer {App.ServiceKey}"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public void Checks_a_secret_from_a_file_as_any_other()
    {
        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET_FILE", FileWith("short"))], "Auth:Secret (BETTER_AUTH_SECRET)");
        InProcess.Refuses(_directory, [("DATABASE_URL_FILE", FileWith("postgres:///tasks"))], "Data:ConnectionString (DATABASE_URL)");
        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET_FILE", FileWith("\n"))], "BETTER_AUTH_SECRET_FILE", "empty");
        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET_FILE", _directory)], "BETTER_AUTH_SECRET_FILE", "can't be read");
    }

    [Theory]
    [InlineData("BETTER_AUTH_SECRET", "BETTER_AUTH_SECRET_FILE")]
    [InlineData("Auth__Secret", "BETTER_AUTH_SECRET_FILE")]
    [InlineData("AUTH__SECRET_FILE", "BETTER_AUTH_SECRET_FILE")]
    [InlineData("Accounts__ServiceKey", "Accounts__ServiceKey_FILE")]
    public void Does_not_start_with_a_secret_that_is_set_twice(string name, string second)
    {
        var file = FileWith(GoodSecret);

        var line = InProcess.Refuses(_directory, [(name, name.EndsWith("_FILE", StringComparison.Ordinal) ? file : GoodSecret), (second, file)], second.Replace("__", ":", StringComparison.Ordinal), "Remove one");

        Assert.DoesNotContain(GoodSecret, line, StringComparison.Ordinal);
    }

    [Fact]
    public void Has_no_file_for_a_setting_that_is_no_secret() =>
        InProcess.Refuses(_directory, [("Auth__Url_FILE", FileWith("https://app.example"))], "Auth:Url_FILE is no setting");

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Warns_of_a_secret_in_quotes_or_with_a_newline_by_its_name()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = $"'{GoodSecret}'", ["Accounts__ServiceKey"] = $"{GoodSecret}\n" });

        var (_, log) = await server.StopAsync();

        Assert.Contains("warn: TaskSlices[0] Auth:Secret (BETTER_AUTH_SECRET) stands in quotes or ends in white space", log, StringComparison.Ordinal);
        Assert.Contains("warn: TaskSlices[0] Accounts:ServiceKey stands in quotes or ends in white space", log, StringComparison.Ordinal);
        Assert.DoesNotContain(GoodSecret, log, StringComparison.Ordinal);
    }

    [Trait("Engine", "SQLite")]
    [Trait("Speed", "slow")]
    [Fact]
    public async Task Leaves_no_keys_of_ASP_NET_behind_and_warns_of_nothing_at_a_first_start()
    {
        var data = Path.Combine(_directory, "data");
        await using (var server = await ServerProcess.StartAsync(_directory, new() { ["HOME"] = _directory, ["DATA_DIR"] = data }))
        {
            var (_, log) = await server.StopAsync();
            Assert.DoesNotContain("warn:", log, StringComparison.Ordinal);
            Assert.All(log.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \w+: ", line));
        }

        Assert.Equal(["data"], Directory.EnumerateFileSystemEntries(_directory).Select(Path.GetFileName));
        Assert.False(Directory.Exists(Surroundings.NoHome));
    }

    [Fact]
    public async Task Takes_32_bytes_for_a_secret_and_counts_no_characters()
    {
        const string secret = "16-B:\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc+++";
        Assert.Equal((20, 32), (secret.Length, System.Text.Encoding.UTF8.GetByteCount(secret)));

        await using var server = InProcess.Start(_directory, ("BETTER_AUTH_SECRET", secret));

        var token = Token.Of(Token.Header, Token.Claims("ann"), secret);
        Assert.Empty(await server.CreateClient().GetWith("/api/ann/tasks", ("Authorization", $"Bearer {token}")).IsList());
    }

    [Fact]
    public async Task Takes_several_origins()
    {
        await using var server = InProcess.Start(_directory, ("CORS_ORIGINS", " https://app.example , http://localhost:5173,"));
        using var client = server.CreateClient();

        foreach (var origin in new[] { "https://app.example", "http://localhost:5173" })
            Assert.Equal([origin], (await client.GetWith("/health/live", ("Origin", origin))).Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False((await client.GetWith("/health/live", ("Origin", "http://localhost:3000"))).Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Trait("Engine", "SQLite")]
    [Trait("Speed", "slow")]
    [Fact]
    public async Task Says_where_it_listens_and_where_the_data_is_and_who_issues_tokens_and_what_to_try()
    {
        await using var server = await ServerProcess.StartAsync(_directory);
        var address = server.Client.BaseAddress!.GetLeftPart(UriPartial.Authority);

        var (exitCode, log) = await server.StopAsync();

        Assert.Equal(0, exitCode);
        Assert.Contains($"Listening on {address}\n", log, StringComparison.Ordinal);
        Assert.Matches($@"Data in {_directory}/taskslices\.db \(SQLite 3\.\d+\.\d+\)\n", log);
        Assert.Contains("Tokens are issued by the 'token' command", log, StringComparison.Ordinal);
        Assert.Matches($@"Open {address}, or try curl .*token ann.* {address}/api/ann/tasks\n", log);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Says_that_tokens_come_from_whoever_has_the_secret_and_not_what_it_is()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["BETTER_AUTH_SECRET"] = GoodSecret });

        var (_, log) = await server.StopAsync();

        Assert.DoesNotContain("warn:", log, StringComparison.Ordinal);
        Assert.Contains("Tokens are issued by whoever holds BETTER_AUTH_SECRET", log, StringComparison.Ordinal);
        Assert.Contains("/swagger\n", log, StringComparison.Ordinal);
        Assert.DoesNotContain(GoodSecret, log, StringComparison.Ordinal);
    }

    [Trait("Speed", "slow")]
    [Fact]
    public async Task Keeps_its_data_in_the_directory_called_data_where_it_is_started()
    {
        await using var server = await ServerProcess.StartAsync(_directory, new() { ["DATA_DIR"] = "" });

        Assert.True(File.Exists(Path.Combine(_directory, "data", "taskslices.db")));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Makes_the_directory_it_is_told_to_keep_its_data_in()
    {
        var deep = Path.Combine(_directory, "not", "there", "yet");

        await using var server = InProcess.Start(deep, ("BETTER_AUTH_SECRET", GoodSecret));
        server.StartServer();

        Assert.True(File.Exists(Path.Combine(deep, "taskslices.db")));
        Assert.False(Directory.Exists(Path.Combine(_directory, "data")));
    }

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Does_not_start_where_it_can_not_write()
    {
        var file = Path.Combine(_directory, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        InProcess.Refuses(file, [], file, "Data:Directory (DATA_DIR)");
        InProcess.Refuses(Path.Combine(file, "below"), [], file, "Data:Directory (DATA_DIR)");
    }

    [Fact]
    public void Does_not_start_with_a_directory_that_is_empty_text() =>
        InProcess.Refuses(_directory, [("Data__Directory", "")], "Data:Directory (DATA_DIR) is empty");

    [Trait("Engine", "SQLite")]
    [Fact]
    public async Task Does_not_start_on_a_file_that_is_no_database()
    {
        var file = Path.Combine(_directory, "taskslices.db");
        await File.WriteAllTextAsync(file, new string('x', 8192), TestContext.Current.CancellationToken);

        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET", GoodSecret)], file, "Check the file");

        Assert.Equal(new string('x', 8192), await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Trait("Engine", "SQLite")]
    [Trait("Speed", "slow")]
    [Fact]
    public async Task Does_not_start_beside_another_one_on_the_same_data_and_does_when_that_was_killed()
    {
        await using (var first = await ServerProcess.StartAsync(_directory))
        {
            (await ServerProcess.RunAsync(["--urls", "http://127.0.0.1:0"], _directory)).IsRefused("Another TaskSlices", "Data:Directory (DATA_DIR)");
            await first.Client.Get("/health/ready").Is(HttpStatusCode.OK);
            await first.KillAsync();
        }

        await using var second = await ServerProcess.StartAsync(_directory);
        await second.Client.Get("/health/ready").Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Does_not_start_on_the_data_of_a_newer_version()
    {
        await using (var server = InProcess.Start(_directory, ("BETTER_AUTH_SECRET", GoodSecret)))
            server.StartServer();
        using (var database = Engine.Open(_directory))
            database.Execute("INSERT INTO schema_steps VALUES ('2999-01-01-later', 0)");

        InProcess.Refuses(_directory, [("BETTER_AUTH_SECRET", GoodSecret)], "2999-01-01-later", "newer");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string FileWith(string text)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory, "secrets")).FullName, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, text);

        return path;
    }
}
