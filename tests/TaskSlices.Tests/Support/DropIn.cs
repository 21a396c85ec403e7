using System.Diagnostics;
using System.Reflection;
using System.Security;

namespace TaskSlices.Tests.Support;

/// <summary>Builds the product as it is, with files added as if someone had dropped them into src/Features; the tree itself stays untouched.</summary>
public sealed class DropIn : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("taskslices-dropin-").FullName;

    public static string Root => Metadata("Root");

    public static string Metadata(string key) =>
        typeof(DropIn).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    /// <summary>The path of the assembly that was built.</summary>
    public async Task<string> BuildAsync(params string[] slices)
    {
        var files = slices.Select((source, i) => (Path: Path.Combine(_directory, $"Slice{i}.cs"), Source: source)).ToList();
        foreach (var file in files)
            await File.WriteAllTextAsync(file.Path, file.Source);

        var output = Path.Combine(_directory, "out") + Path.DirectorySeparatorChar;
        var targets = Path.Combine(_directory, "drop.targets");
        await File.WriteAllTextAsync(targets, $"""
            <Project>
              <PropertyGroup Condition="'$(MSBuildProjectName)' == 'TaskSlices'">
                <OutDir>{SecurityElement.Escape(output)}</OutDir>
                <IntermediateOutputPath>{SecurityElement.Escape(Path.Combine(_directory, "obj") + Path.DirectorySeparatorChar)}</IntermediateOutputPath>
              </PropertyGroup>
              <ItemGroup Condition="'$(MSBuildProjectName)' == 'TaskSlices'">
                {string.Concat(files.Select(f => $"""<Compile Include="{SecurityElement.Escape(f.Path)}" />"""))}
              </ItemGroup>
            </Project>
            """);

        var build = new ProcessStartInfo("dotnet",
        [
            "build", Path.Combine(Root, "src", "TaskSlices.csproj"), "--no-restore", "-nodeReuse:false", "-v:quiet", "-nologo",
            $"-p:Configuration={Metadata("Configuration")}", "-p:BuildProjectReferences=false",

            // The build of the tests has analysed these sources already.
            "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:GenerateDocumentationFile=false",
            $"-p:CustomBeforeMicrosoftCommonTargets={targets}",
        ])
        { RedirectStandardOutput = true, WorkingDirectory = Root };

        using var process = Process.Start(build)!;
        var log = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, log);

        return Path.Combine(output, "TaskSlices.dll");
    }

    public string NewDataDirectory() => Directory.CreateDirectory(Path.Combine(_directory, $"data-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
