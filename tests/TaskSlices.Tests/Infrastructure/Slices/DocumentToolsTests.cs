namespace TaskSlices.Tests.Infrastructure.Slices;

/// <summary>The committed documents before the tools of others; tests/openapi-tools has their versions.</summary>
[Trait("Speed", "slow")]
public sealed class DocumentToolsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly NodeProject Tools = new("tests", "openapi-tools");
    private static readonly string[] Documents = [CommittedDocument.PathOf("openapi.json"), CommittedDocument.PathOf("openapi-accounts.json")];

    private readonly string _folder = Directory.CreateTempSubdirectory("taskslices-").FullName;

    [Fact]
    public async Task Pass_the_recommended_rules_of_Redocly_and_Spectral_and_strict_readers()
    {
        await Tools.DemandAsync();

        Assert.Equal("", await Tools.RunAsync("node", ["lint.mjs", .. Documents], Patience));
    }

    [Fact]
    public async Task Become_clients_of_orval_and_types_of_openapi_typescript_that_compile()
    {
        await Tools.DemandAsync();

        await Tools.RunAsync("node", ["generate.mjs", _folder, .. Documents], Patience);

        Assert.Equal(4, Directory.GetFiles(_folder, "*.ts").Length);
    }

    [Fact]
    public async Task Become_clients_of_Kiota_that_compile()
    {
        Dictionary<string, string> offline = new() { ["KIOTA_OFFLINE_ENABLED"] = "true", ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" };

        await Tools.RunAsync("dotnet", ["tool", "restore"], Patience);
        foreach (var document in Documents)
        {
            var name = $"Of{Path.GetFileNameWithoutExtension(document).Replace("openapi", "", StringComparison.Ordinal).TrimStart('-')}";
            string[] arguments =
            [
                "kiota", "generate", "--language", "CSharp", "--openapi", document, "--output", Path.Combine(_folder, name),
                "--class-name", "Client", "--namespace-name", $"Made.{name}",
                // It warns of servers with a relative address, and of formats for which C# has no type.
                "--disable-validation-rules", "NoServerEntry", "--disable-validation-rules", "KnownAndNotSupportedFormats",
            ];
            var output = await Tools.RunAsync("dotnet", arguments, Patience, offline);
            Assert.DoesNotMatch("OpenAPI (warning|error)|(fail|crit):", output);
        }

        File.Copy(Path.Combine(DropIn.Root, "tests", "openapi-tools", "Kiota.csproj"), Path.Combine(_folder, "Kiota.csproj"));
        await Tools.RunAsync("dotnet", ["build", _folder, "-v", "quiet"], Patience, offline);

        Assert.Equal(Documents.Length, Directory.GetFiles(_folder, "Client.cs", SearchOption.AllDirectories).Length);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
