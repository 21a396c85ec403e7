using System.Diagnostics;
using System.Security;

namespace TaskSlices.Conformance.Support;

/// <summary>This project, built once more with files added to it, as if someone had written them there; the tree itself stays untouched.</summary>
public sealed class Addition : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-addition-").FullName;

    private string Output => Path.Combine(_directory, "out") + Path.DirectorySeparatorChar;

    /// <summary>The compiler's exit code and all that the build says.</summary>
    public async Task<(int ExitCode, string Log)> BuildAsync(params (string Name, string Source)[] files)
    {
        foreach (var (name, source) in files)
            await File.WriteAllTextAsync(PathOf(name), source);

        var targets = Path.Combine(_directory, "added.targets");
        await File.WriteAllTextAsync(targets, $"""
            <Project>
              <PropertyGroup Condition="'$(MSBuildProjectName)' == 'TaskSlices.Conformance'">
                <OutDir>{SecurityElement.Escape(Output)}</OutDir>
                <IntermediateOutputPath>{SecurityElement.Escape(Path.Combine(_directory, "obj") + Path.DirectorySeparatorChar)}</IntermediateOutputPath>
              </PropertyGroup>
              <ItemGroup Condition="'$(MSBuildProjectName)' == 'TaskSlices.Conformance'">
                {string.Concat(files.Select(f => $"""<Compile Include="{SecurityElement.Escape(PathOf(f.Name))}" />"""))}
              </ItemGroup>
            </Project>
            """);

        return await RunAsync(
        [
            "build", Path.Combine(Build.Root, "tests", "Conformance", "TaskSlices.Conformance.csproj"), "--no-restore", "-nodeReuse:false", "-v:quiet", "-nologo",
            $"-p:Configuration={Build.Metadata("Configuration")}", $"-p:UseStandIns={Build.Metadata("UseStandIns")}", "-p:BuildProjectReferences=false",
            $"-p:CustomBeforeMicrosoftCommonTargets={targets}",
        ]);
    }

    /// <summary>Starts a host with that endpoint alone, in a process of its own.</summary>
    public Task<(int ExitCode, string Log)> StartAsync(string endpoint) =>
        RunAsync([Path.Combine(Output, "TaskSlices.Conformance.dll"), "start", $"TaskSlices.Conformance.Starts.{endpoint}"]);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>dotnet, with its exit code and what it wrote.</summary>
    public static async Task<(int ExitCode, string Log)> RunAsync(IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        var log = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        return (process.ExitCode, log.TrimEnd());
    }

    private string PathOf(string name) => Path.Combine(_directory, $"{name}.cs");
}
