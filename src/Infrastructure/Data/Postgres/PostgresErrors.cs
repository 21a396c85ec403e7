using System.Net.Sockets;
using Npgsql;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>What an error of the server or of the connection means (postgresql.org/docs/current/errcodes-appendix.html).</summary>
internal static class PostgresErrors
{
    /// <summary>Whether the database can't be used at the moment: the caller is told to come back.</summary>
    public static bool IsUnavailable(Exception exception) => Any(exception, e => e switch
    {
        PostgresException { SqlState: var state } => IsOutOfService(state) || IsConflict(state),
        NpgsqlException or SocketException or TimeoutException => true,
        UnreplicatedException => true,
        _ => false,
    });

    /// <summary>Whether the server asks to run the transaction again, or another one was first with the same key.</summary>
    public static bool AsksToRunAgain(Exception exception) => Any(exception, e =>
        e is PostgresException { SqlState: var state } && (IsConflict(state) || state == PostgresErrorCodes.UniqueViolation));

    /// <summary>Whether the server said so itself: nothing of the transaction happened.</summary>
    public static bool IsUndone(Exception exception) => Any(exception, e => e is PostgresException) && !IsConnectionLost(exception);

    /// <summary>Whether the connection was lost, and not the server.</summary>
    public static bool IsConnectionLost(Exception exception) => Any(exception, e => e switch
    {
        PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown } => true,
        PostgresException => false,
        NpgsqlException { InnerException: IOException or SocketException } => true,
        _ => false,
    });

    private static bool IsConflict(string state) =>
        state is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    /// <summary>
    /// 08: connection. 25006: a standby. 53: out of disk, memory or connections. 55P03: a lock was not free in time. 57: cancelled, shut
    /// down or starting. 58: an error of the system. 3D000: the database is gone.
    /// </summary>
    private static bool IsOutOfService(string state) =>
        state[..2] is "08" or "53" or "57" or "58"
        || state is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.InvalidCatalogName;

    private static bool Any(Exception? exception, Func<Exception, bool> matches)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (matches(exception))
                return true;
        }

        return false;
    }
}

/// <summary>The server has the change, and stopped waiting for a standby to have it too.</summary>
public sealed class UnreplicatedException() : Exception("The change is on one server only: the wait for a standby was cancelled.");
