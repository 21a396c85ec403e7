using System.ComponentModel;

namespace TaskSlices.Infrastructure.Hosting;

/// <summary>The settings without a section. ASP.NET Core reads most of them itself.</summary>
public sealed class ServerSettings
{
    [Description("Where it listens: addresses separated by semicolons; http://unix:/path is a socket for its group.")]
    public string Urls { get; set; } = "http://localhost:8000";

    [Description("The sub-path under which a proxy serves it, such as /tasks.")]
    public string PathBase { get; set; } = "";

    [Description("The hosts that requests may name, separated by semicolons; * means any.")]
    public string AllowedHosts { get; set; } = "*";

    [Description("How long requests that have begun may take once the process is told to stop, in seconds.")]
    public int ShutdownTimeoutSeconds { get; set; } = 30;
}
