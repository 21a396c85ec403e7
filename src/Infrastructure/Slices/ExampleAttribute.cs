namespace TaskSlices.Infrastructure.Slices;

/// <summary>
/// An example for the document: on a request or an answer, in JSON; on a slice whose answer is not JSON, the text of that answer.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class ExampleAttribute(string text) : Attribute
{
    public string Text { get; } = text;
}
