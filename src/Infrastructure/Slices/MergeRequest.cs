using System.Runtime.CompilerServices;
using TaskSlices.Infrastructure.Auth;

namespace TaskSlices.Infrastructure.Slices;

/// <summary>A request whose body may leave members out. Null and absent are different things: null clears, absent keeps.</summary>
public abstract record MergeRequest : OwnedRequest
{
    private readonly HashSet<string> _given = [];

    /// <summary>Whether the body has the member, be it null.</summary>
    /// <param name="property">The name of its property.</param>
    internal bool Has(string property) => _given.Contains(property);

    /// <summary>To be called where the member is set: <c>init => field = Given(value);</c>.</summary>
    protected T Given<T>(T value, [CallerMemberName] string property = "")
    {
        _given.Add(property);

        return value;
    }
}
