using System.Text;

namespace TaskSlices.Load.Ceiling;

/// <summary>Who a token speaks for, with what is needed of the name at each request made once.</summary>
public sealed class Caller(string name)
{
    public string Name { get; } = name;

    public byte[] Utf8 { get; } = Encoding.UTF8.GetBytes(name);

    public string TasksPath { get; } = $"/api/{Uri.EscapeDataString(name)}/tasks";
}
