namespace TaskSlices.Tests.Deploy;

/// <summary>deploy/taskslices.service, as systemd's own tools read it. Nothing is started.</summary>
public sealed class ServiceTests : IDisposable
{
    private readonly string _unit = Path.Combine(Directory.CreateTempSubdirectory("taskslices-").FullName, "taskslices.service");

    public ServiceTests()
    {
        // The program must exist where the unit says.
        const string program = "/usr/local/bin/TaskSlices";
        var text = File.ReadAllText(Path.Combine(DropIn.Root, "deploy", "taskslices.service"));
        Assert.Contains($"ExecStart={program}\n", text, StringComparison.Ordinal);
        File.WriteAllText(_unit, text.Replace(program, Path.Combine(AppContext.BaseDirectory, "TaskSlices"), StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_unit)!, recursive: true);

    [Fact]
    public async Task Has_nothing_that_systemd_does_not_know()
    {
        var (exitCode, output) = await Tool.RunAsync(Tool.Find("systemd-analyze", "systemd"), "verify", _unit);

        Assert.DoesNotContain("taskslices.service", output, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
    }

    /// <summary>In tenths of systemd-analyze's points: 0 is closed, 100 open.</summary>
    [Fact]
    public async Task Is_exposed_little()
    {
        var (exitCode, output) = await Tool.RunAsync(
            Tool.Find("systemd-analyze", "systemd"), "security", "--offline=true", "--threshold=15", "--no-pager", _unit);

        Assert.True(exitCode == 0, output);
        Assert.Contains("Overall exposure level", output, StringComparison.Ordinal);
    }
}
