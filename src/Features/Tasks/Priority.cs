using System.Text.Json.Serialization;

namespace TaskSlices.Features.Tasks;

/// <summary>Stored as its number, so that it sorts.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Priority>))]
public enum Priority
{
    [JsonStringEnumMemberName("none")]
    None,

    [JsonStringEnumMemberName("low")]
    Low,

    [JsonStringEnumMemberName("medium")]
    Medium,

    [JsonStringEnumMemberName("high")]
    High,

    [JsonStringEnumMemberName("urgent")]
    Urgent,
}

public static class Priorities
{
    /// <summary>What clients send, in any case.</summary>
    public static readonly IReadOnlyDictionary<string, Priority> Words = new Dictionary<string, Priority>(StringComparer.OrdinalIgnoreCase)
    {
        ["none"] = Priority.None,
        ["low"] = Priority.Low,
        ["medium"] = Priority.Medium,
        ["high"] = Priority.High,
        ["urgent"] = Priority.Urgent,
        ["critical"] = Priority.Urgent,
    };
}
