using System.Globalization;

namespace TaskSlices.Load.Ceiling;

public enum TaskAddressKind
{
    All,
    One,
    Completion,
}

/// <summary>A path taken apart where it stands: <c>/api/{user_id}/tasks[/{id}[/complete]]</c>.</summary>
public readonly ref struct TaskAddress
{
    private const int IdLength = 36;

    public ReadOnlySpan<char> User { get; private init; }
    public TaskAddressKind Kind { get; private init; }
    public Guid Id { get; private init; }

    public static bool TryRead(ReadOnlySpan<char> path, out TaskAddress address)
    {
        address = default;
        const string api = "/api/";
        if (!path.StartsWith(api, StringComparison.Ordinal))
            return false;

        path = path[api.Length..];
        var end = path.IndexOf('/');
        if (end < 0)
            return false;

        var user = path[..end];
        path = path[end..];
        if (path is "/tasks")
        {
            address = new TaskAddress { User = user };
            return true;
        }

        const string tasks = "/tasks/";
        if (!path.StartsWith(tasks, StringComparison.Ordinal) || path.Length < tasks.Length + IdLength)
            return false;

        var rest = path[(tasks.Length + IdLength)..];
        if (rest is not ("" or "/complete") || !Guid.TryParseExact(path.Slice(tasks.Length, IdLength), "D", out var id))
            return false;

        address = new TaskAddress { User = user, Id = id, Kind = rest.IsEmpty ? TaskAddressKind.One : TaskAddressKind.Completion };

        return true;
    }

    /// <summary>limit and after of a query string; what else is in it does not count.</summary>
    public static bool TryReadPage(ReadOnlySpan<char> query, int maximum, out int limit, out Guid? after)
    {
        limit = maximum;
        after = null;
        if (query.IsEmpty)
            return true;

        query = query[1..];
        foreach (var part in query.Split('&'))
        {
            var pair = query[part];
            if (pair.StartsWith("limit=", StringComparison.Ordinal))
            {
                if (!int.TryParse(pair[6..], NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1 || limit > maximum)
                    return false;
            }
            else if (pair.StartsWith("after=", StringComparison.Ordinal))
            {
                if (!Guid.TryParseExact(pair[6..], "D", out var id))
                    return false;

                after = id;
            }
        }

        return true;
    }
}
