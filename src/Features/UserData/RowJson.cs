using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.UserData;

/// <summary>
/// Rows as lines of NDJSON (github.com/ndjson/ndjson-spec), in the API's own JSON and without what is
/// <see cref="SecretAttribute">secret</see> or <see cref="DerivedAttribute">derived</see>.
/// </summary>
public sealed class RowJson(IOptions<JsonOptions> json)
{
    private readonly JsonSerializerOptions _options = new(json.Value.SerializerOptions)
    {
        TypeInfoResolver = json.Value.SerializerOptions.TypeInfoResolver!.WithAddedModifier(RemoveWhatIsNotGiven),
    };

    /// <summary>One line with its end. The member <c>kind</c> names the table.</summary>
    public byte[] Line(string table, object row)
    {
        var line = JsonSerializer.SerializeToNode(row, row.GetType(), _options)!.AsObject();
        line.Insert(0, "kind", table);

        return [.. JsonSerializer.SerializeToUtf8Bytes(line, _options), (byte)'\n'];
    }

    private static void RemoveWhatIsNotGiven(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            var property = type.Properties[i].AttributeProvider!;
            if (property.IsDefined(typeof(SecretAttribute), inherit: true) || property.IsDefined(typeof(DerivedAttribute), inherit: true))
                type.Properties.RemoveAt(i);
        }
    }
}
