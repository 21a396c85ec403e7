namespace TaskSlices.Infrastructure.Auth;

/// <summary>The accounts that this server keeps.</summary>
public interface IAccounts
{
    /// <param name="userId">A token's subject.</param>
    /// <param name="ct">Ends the look into the database.</param>
    Task<bool> HasAsync(string userId, CancellationToken ct);
}
