using Microsoft.Data.Sqlite;

namespace PeerNet.Storage.Database;

/// <summary>Prepared statements of one connection. Used by the thread that holds the connection.</summary>
internal sealed class StatementCache : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public StatementCache(SqliteConnection connection) => _connection = connection;

    /// <summary>The transaction that statements run in.</summary>
    public SqliteTransaction? Transaction { get; set; }

    /// <summary>Runs a statement with its parameters <c>$1</c>, <c>$2</c> and so on.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
                command.Parameters.Add(new SqliteParameter($"${i + 1}", null));
            _commands.Add(sql, command);
        }

        command.Transaction = Transaction;
        for (var i = 0; i < values.Length; i++)
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
    }
}
