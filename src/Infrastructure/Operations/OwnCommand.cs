using TaskSlices.Infrastructure.Hosting;

namespace TaskSlices.Infrastructure.Operations;

/// <summary>The command that runs this program once more, on the same data, from the directory that it was started in.</summary>
internal static class OwnCommand
{
    public static string For(string arguments, DataSettings data)
    {
        var isDefault = data.Directory == new DataSettings().Directory;

        return $"{Program()} {arguments}{(isDefault ? "" : $" --Data:Directory {Quoted(Path.GetFullPath(data.Directory))}")}";
    }

    private static string Program()
    {
        var folder = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var name = typeof(OwnCommand).Assembly.GetName().Name;

        // Built from the sources, the program is in bin/Debug/net10.0 of its project.
        var project = Path.GetFullPath(Path.Combine(folder, "..", "..", ".."));
        if (File.Exists(Path.Combine(project, $"{name}.csproj")))
            return $"dotnet run --project {Quoted(Relative(project))} --";

        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            return $"dotnet {Quoted(Relative(Path.Combine(folder, $"{name}.dll")))}";

        var own = Relative(Environment.ProcessPath!);

        return Path.GetFileName(own) == own ? $"./{own}" : Quoted(own);
    }

    private static string Relative(string path) => Path.GetRelativePath(Environment.CurrentDirectory, path);

    /// <summary>As a shell takes it for one word.</summary>
    internal static string Quoted(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || @"/\.:-_=".Contains(c, StringComparison.Ordinal))
            ? path
            : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
