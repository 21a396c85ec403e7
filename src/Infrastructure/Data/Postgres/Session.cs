using Npgsql;

namespace TaskSlices.Infrastructure.Data.Postgres;

/// <summary>A connection from the pool that writes, and knows whether what it committed is where it has to be.</summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>The function of the server that waits for standbys: messages are translated, names of functions are not.</summary>
    private const string WaitForStandby = "SyncRepWaitForLSN";

    private bool _isUnreplicated;

    public Session(NpgsqlConnection connection)
    {
        Connection = connection;
        connection.Notice += NoticeReplication;
    }

    public NpgsqlConnection Connection { get; }

    /// <summary>To be called after a commit.</summary>
    /// <exception cref="UnreplicatedException">
    /// Synchronous replication is on, and somebody cancelled the wait for a standby: the server reports success, with a warning.
    /// </exception>
    public void DemandReplicated()
    {
        if (_isUnreplicated)
            throw new UnreplicatedException();
    }

    public ValueTask DisposeAsync()
    {
        Connection.Notice -= NoticeReplication;

        return Connection.DisposeAsync();
    }

    private void NoticeReplication(object sender, NpgsqlNoticeEventArgs e) => _isUnreplicated |= e.Notice.Routine == WaitForStandby;
}
