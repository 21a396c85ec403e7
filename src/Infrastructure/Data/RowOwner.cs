namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// The user whose rows this scope may touch. The owner guard sets it; until then no owned row is found and none can be saved. It belongs to
/// one request.
/// </summary>
public sealed class RowOwner(ErasedUsers erased) : IDisposable
{
    private readonly long _since = erased.Count;
    private readonly DateTimeOffset _began = TimeProvider.System.GetUtcNow();

    /// <summary>When the caller was the user for certain: as the scope began, less the delay if the token has a session.</summary>
    public DateTimeOffset Since => IsActive is null ? _began : _began - ErasedUsers.Delay;

    public string? UserId { get; private set; }

    /// <summary>Whether the session that the request belongs to has not ended meanwhile; null if its token has none.</summary>
    public Func<bool>? IsActive { get; set; }

    /// <summary>From when on the caller's token is refused; null if it never is.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>Which state of the row that the request names it is for; null: any.</summary>
    public Precondition? Precondition { get; set; }

    /// <summary>Whether the user was not erased, and the session did not end, since this scope began.</summary>
    internal bool MayWrite => (UserId is null || !erased.WasErased(UserId, _since)) && IsActive?.Invoke() is not false;

    /// <summary>Whether the caller could still come with this request: for one that goes on for a long time.</summary>
    internal bool MayStay(DateTimeOffset now)
    {
        try
        {
            return !(now >= Until) && MayWrite;
        }
        catch (TimeoutException)
        {
            // Which sessions have ended elsewhere is not known.
            return false;
        }
    }

    public void Set(string userId) => UserId = userId;

    /// <summary>A context that goes back to the pool finds nobody's rows.</summary>
    public void Dispose() => UserId = null;
}

/// <summary>The change was asked for before the user was erased or the session ended, and its turn came after that.</summary>
public sealed class OwnerGoneException() : Exception("The user was erased, or the session ended, before the change was made.");
