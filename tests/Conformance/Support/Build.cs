using System.Reflection;

namespace TaskSlices.Conformance.Support;

/// <summary>How this build was made.</summary>
public static class Build
{
    public static bool HasStandIns { get; } = Metadata("UseStandIns") == "true";
    public static string Root { get; } = Metadata("Root");

    public static string Metadata(string key) =>
        typeof(Build).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == key).Value!;

    /// <summary>For a test of what the stand-ins leave out.</summary>
    public static void SkipWithoutStandIns() => SkipUnless(HasStandIns, "The stand-ins are off in this build, and the real packages have what they leave out.");

    /// <summary>Skips a test that another build is for, and says so: the console shows warnings, and keeps the reason of a skipped test to itself.</summary>
    public static void SkipUnless(bool condition, string reason)
    {
        if (condition)
            return;

        TestContext.Current.AddWarning(reason);
        Assert.Skip(reason);
    }
}
