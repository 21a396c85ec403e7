using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace TaskSlices.Infrastructure.Data.Sqlite;

/// <summary>
/// Parses each statement once per connection. EF Core makes a command for each query and throws it away; it gets one that has run before in
/// its place. What that is worth: docs/decisions/0009-speed.md.
/// </summary>
public sealed class KeptStatements : DbCommandInterceptor
{
    /// <summary>The most that one connection keeps, at a few kilobytes each; those that come after are parsed each time.</summary>
    public const int Limit = 100;

    private static readonly ConditionalWeakTable<SqliteConnection, Dictionary<string, KeptCommand>> Connections = [];

    /// <summary>
    /// A command with values for its parameters <c>?1</c>, <c>?2</c> and so on, as many at each time; to be disposed when it has run.
    /// </summary>
    internal static SqliteCommand Take(SqliteConnection connection, string text, params ReadOnlySpan<object?> values)
    {
        var command = Keep(connection, text) is { } kept && kept.TryTake() ? kept : new SqliteCommand(text, connection);

        for (var i = 0; i < values.Length; i++)
        {
            if (i == command.Parameters.Count)
                command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i + 1}" });

            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }

    public override DbCommand CommandInitialized(CommandEndEventData eventData, DbCommand result)
    {
        if (result.Connection is not SqliteConnection connection || Keep(connection, result.CommandText) is not { } command
            || !command.TryTake())
            return result;

        command.Replace(result);

        return command;
    }

    private static KeptCommand? Keep(SqliteConnection connection, string text)
    {
        var kept = Connections.GetOrCreateValue(connection);
        if (!kept.TryGetValue(text, out var command) && kept.Count < Limit)
            kept.Add(text, command = new KeptCommand(text, connection));

        return command;
    }

    private sealed class KeptCommand(string text, SqliteConnection connection) : SqliteCommand(text, connection)
    {
        private bool _isTaken;

        /// <summary>False while somebody has it.</summary>
        public bool TryTake() => !_isTaken && (_isTaken = true);

        /// <summary>Takes the place of another of the same text.</summary>
        public void Replace(DbCommand other)
        {
            CommandTimeout = other.CommandTimeout;
            Parameters.Clear();

            foreach (SqliteParameter parameter in other.Parameters)
                Parameters.Add(parameter);

            // The connection holds on to every command that is not disposed, for as long as it is open.
            other.Parameters.Clear();
            other.Dispose();
        }

        /// <summary>Given back by whoever had it; disposed by the connection, when that is closed.</summary>
        protected override void Dispose(bool disposing)
        {
            if (disposing && _isTaken)
            {
                foreach (SqliteParameter parameter in Parameters)
                    parameter.Value = DBNull.Value;

                _isTaken = false;
            }
            else
                base.Dispose(disposing);
        }
    }
}
