using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using PeerNet.Identity;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage.Database;

namespace PeerNet.Storage.Kad;

/// <summary>Values of one DHT: in memory, within its limits, and behind that in the database. Thread-safe.</summary>
internal sealed class PersistentRecordStore : IRecordStore
{
    private const string Table = "kad_values";

    private readonly string _network;
    private readonly MemoryRecordStore _memory;
    private readonly StoreWriter _writer;
    private readonly StorageOptions _options;
    private readonly ILogger _log;

    public PersistentRecordStore(string network, StoreLimits limits, StoreWriter writer, StorageOptions options, ILogger log)
    {
        _network = network;
        _memory = new MemoryRecordStore(limits);
        _writer = writer;
        _options = options;
        _log = log;
    }

    public ValueTask<StoredValue?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken token = default) => _memory.GetAsync(key, token);

    public ValueTask<IReadOnlyList<StoredValue>> GetOwnAsync(CancellationToken token = default) => _memory.GetOwnAsync(token);

    public async ValueTask<StoreOutcome> PutAsync(StoredValue value, CancellationToken token = default)
    {
        var outcome = await _memory.PutAsync(value, token).ConfigureAwait(false);
        if (outcome is StoreOutcome.Stored or StoreOutcome.Replaced)
        {
            _writer.Enqueue(new Write(_network, value.Key, value));
            _writer.Enqueue(new RowLimit(Table, "DELETE FROM kad_values WHERE sender IS NOT NULL AND received <= (SELECT received FROM kad_values WHERE sender IS NOT NULL ORDER BY received DESC LIMIT 1 OFFSET $1)", _options.MaxRows));
        }

        return outcome;
    }

    public async ValueTask RemoveAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        await _memory.RemoveAsync(key, token).ConfigureAwait(false);
        _writer.Enqueue(new Write(_network, key, null));
    }

    public async ValueTask<int> RemoveExpiredAsync(DateTimeOffset receivedBefore, DateTimeOffset now, CancellationToken token = default)
    {
        var removed = await _memory.RemoveExpiredAsync(receivedBefore, now, token).ConfigureAwait(false);
        _writer.Enqueue(new Expiry(_network, receivedBefore, now));
        return removed;
    }

    /// <summary>Reads what earlier runs kept; what came meanwhile is newer and stays.</summary>
    public void Load(SqliteConnection connection, CancellationToken token)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, value, sender, received, publisher, publisher_expiry FROM kad_values WHERE network = $1 ORDER BY received";
        command.Parameters.AddWithValue("$1", _network);
        using var rows = command.ExecuteReader();
        var leftOut = 0;
        while (rows.Read() && !token.IsCancellationRequested)
        {
            PeerId? sender = null;
            if (rows[2] is byte[] id && !PeerId.TryDecode(id, out sender))
            {
                leftOut++;
                continue;
            }

            var value = new StoredValue
            {
                Key = (byte[])rows[0],
                Value = (byte[])rows[1],
                From = sender,
                ReceivedAt = Times.Read(rows.GetInt64(3)),
                Publisher = rows[4] as byte[] ?? [],
                PublisherExpiry = rows.IsDBNull(5) ? null : Times.Read(rows.GetInt64(5)),
            };
            if (_memory.GetAsync(value.Key, token).AsTask().GetAwaiter().GetResult() is null)
                _memory.PutAsync(value, token).AsTask().GetAwaiter().GetResult();
        }

        if (leftOut > 0)
            StorageLog.RowsLeftOut(_log, leftOut, Table);
    }

    private sealed class Write(string network, ReadOnlyMemory<byte> key, StoredValue? value) : StoreWrite
    {
        public override (string Table, string Row) Key => (Table, $"{network} {Convert.ToHexString(key.Span)}");

        public override void Apply(StatementCache statements)
        {
            if (value is null)
            {
                statements.Execute("DELETE FROM kad_values WHERE network = $1 AND key = $2", network, key.ToArray());
                return;
            }

            statements.Execute(
                "INSERT OR REPLACE INTO kad_values (network, key, value, sender, received, publisher, publisher_expiry) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                network,
                key.ToArray(),
                value.Value.ToArray(),
                value.From?.Bytes.ToArray(),
                Times.Write(value.ReceivedAt),
                value.Publisher.IsEmpty ? null : value.Publisher.ToArray(),
                value.PublisherExpiry is { } expiry ? Times.Write(expiry) : null);
        }
    }

    private sealed class Expiry(string network, DateTimeOffset receivedBefore, DateTimeOffset now) : StoreWrite
    {
        public override (string Table, string Row) Key => (Table, $"{network} expiry");

        public override void Apply(StatementCache statements)
            => statements.Execute(
                "DELETE FROM kad_values WHERE network = $1 AND sender IS NOT NULL AND (received < $2 OR publisher_expiry <= $3)",
                network,
                Times.Write(receivedBefore),
                Times.Write(now));
    }
}
