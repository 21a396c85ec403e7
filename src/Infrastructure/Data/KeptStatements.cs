using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace TaskSlices.Infrastructure.Data;

/// <summary>
/// Parses each statement once per connection. EF Core makes a command for each query and throws it away; it gets one that has run before in
/// its place. What that is worth: docs/decisions/0009-speed.md.
/// </summary>
public sealed class KeptStatements : DbCommandInterceptor
{
    /// <summary>The most that one connection keeps, at a few kilobytes each; those that come after are parsed each time.</summary>
    public const int Limit = 100;

    private readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, KeptCommand>> _connections = [];

    public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result)
    {
        if (result.Connection is not SqliteConnection connection)
            return result;

        var kept = _connections.GetOrCreateValue(connection);
        if (!kept.TryGetValue(result.CommandText, out var command))
        {
            if (kept.Count >= Limit)
                return result;

            kept.Add(result.CommandText, command = new KeptCommand(result.CommandText, connection));
        }

        return command.TryTake(result) ? command : result;
    }

    private sealed class KeptCommand(string text, SqliteConnection connection) : SqliteCommand(text, connection)
    {
        private bool _isTaken;

        /// <summary>Takes the place of another of the same text, unless it has the place of one already.</summary>
        public bool TryTake(DbCommand other)
        {
            if (_isTaken)
                return false;

            _isTaken = true;
            CommandTimeout = other.CommandTimeout;

            foreach (SqliteParameter parameter in other.Parameters)
                Parameters.Add(parameter);

            // The connection holds on to every command that is not disposed, for as long as it is open.
            other.Parameters.Clear();
            other.Dispose();

            return true;
        }

        /// <summary>Given back by whoever had it; disposed by the connection, when that is closed.</summary>
        protected override void Dispose(bool disposing)
        {
            if (disposing && _isTaken)
            {
                Parameters.Clear();
                _isTaken = false;
            }
            else
                base.Dispose(disposing);
        }
    }
}
