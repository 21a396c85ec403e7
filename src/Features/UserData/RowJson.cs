using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace TaskSlices.Features.UserData;

/// <summary>
/// Rows as lines of NDJSON (github.com/ndjson/ndjson-spec), in the API's own JSON and without what is
/// <see cref="SecretAttribute">secret</see>.
/// </summary>
public sealed class RowJson(IOptions<JsonOptions> json)
{
    private readonly JsonSerializerOptions _options = new(json.Value.SerializerOptions)
    {
        TypeInfoResolver = json.Value.SerializerOptions.TypeInfoResolver!.WithAddedModifier(RemoveSecrets),
    };

    /// <summary>One line with its end. The member <c>kind</c> names the table.</summary>
    public byte[] Line(string table, object row)
    {
        var line = JsonSerializer.SerializeToNode(row, row.GetType(), _options)!.AsObject();
        line.Insert(0, "kind", table);

        return [.. JsonSerializer.SerializeToUtf8Bytes(line, _options), (byte)'\n'];
    }

    private static void RemoveSecrets(JsonTypeInfo type)
    {
        for (var i = type.Properties.Count - 1; i >= 0; i--)
        {
            if (type.Properties[i].AttributeProvider?.IsDefined(typeof(SecretAttribute), inherit: true) is true)
                type.Properties.RemoveAt(i);
        }
    }
}
