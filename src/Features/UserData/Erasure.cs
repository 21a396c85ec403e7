using TaskSlices.Features.Accounts;
using TaskSlices.Infrastructure.Data;

namespace TaskSlices.Features.UserData;

/// <summary>Erases a user: sessions, account and every row.</summary>
public sealed class Erasure(AppDb db, UserRows rows, SessionRemoval sessions, EndedSessions ended, IStore store)
{
    /// <summary>
    /// One unit: nobody signs in between the end of the sessions and that of the account. Both marks are made in it, so that a change which
    /// runs after it is refused, whenever its request was authenticated.
    /// </summary>
    public async Task RunAsync(string userId, CancellationToken ct)
    {
        await db.WriteAsync(async () =>
        {
            await db.LockAsync(userId);
            ended.Add(await sessions.RemoveAllAsync(userId, ct));

            return await rows.EraseAsync(userId, ct);
        }, ct);

        await store.ForgetErasedAsync();
    }
}
