using System.Text.Json.Nodes;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>A document beside that of the API, for routes that are not a user's: <c>/swagger/{Name}/swagger.json</c>.</summary>
public interface IOwnDocument
{
    string Name { get; }

    /// <summary>Asked once, at the start.</summary>
    bool IsServed { get; }

    /// <param name="endpoints">All of the program.</param>
    JsonObject Make(IEnumerable<Endpoint> endpoints);
}
