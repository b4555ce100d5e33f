using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using PeerNet.Hivemind.Dht;
using PeerNet.Identity;
using PeerNet.Storage.Database;

namespace PeerNet.Storage.Hivemind;

/// <summary>
/// Records of a Hivemind table: in memory, within its limits, and behind that in the database. Expirations are kept as the bits of their
/// doubles, because signatures cover them. Thread-safe.
/// </summary>
internal sealed class PersistentDhtStorage : IDhtStorage
{
    private const string Table = "hivemind_records";

    // What has ended is refused on loading too, so it may lie a while.
    private static readonly TimeSpan ExpiryPause = TimeSpan.FromMinutes(1);

    private readonly MemoryDhtStorage _memory;
    private readonly StoreWriter _writer;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private long _nextExpiry;

    public PersistentDhtStorage(DhtId node, DhtStorageOptions limits, StoreWriter writer, TimeProvider time, ILogger log)
    {
        _memory = MemoryDhtStorage.CreateNear(node, limits);
        _memory.Evicted = Enqueue;
        _writer = writer;
        _time = time;
        _log = log;
    }

    public int Count => _memory.Count;

    public IReadOnlyList<DhtId> Keys => _memory.Keys;

    public DhtEntry? Get(DhtId key, DhtExpiration now) => _memory.Get(key, now);

    public bool Store(DhtId key, ReadOnlyMemory<byte> value, DhtExpiration expiration, DhtExpiration now, PeerId? source)
    {
        var isStored = _memory.Store(key, value, expiration, now, source);
        if (isStored)
            Changed(key);
        return isStored;
    }

    public bool StoreSubkey(DhtId key, Subkey subkey, ReadOnlyMemory<byte> value, DhtExpiration expiration, DhtExpiration now, PeerId? source)
    {
        var isStored = _memory.StoreSubkey(key, subkey, value, expiration, now, source);
        if (isStored)
            Changed(key);
        return isStored;
    }

    public void Clear() => _memory.Clear();

    /// <summary>Reads what earlier runs kept; what came meanwhile stays where it ends later, as with any two records.</summary>
    public void Load(SqliteConnection connection, CancellationToken token)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, subkey, value, expiration, source FROM hivemind_records";
        using var rows = command.ExecuteReader();
        var leftOut = 0;
        while (rows.Read() && !token.IsCancellationRequested)
        {
            if (!TryLoad(rows))
                leftOut++;
        }

        if (leftOut > 0)
            StorageLog.RowsLeftOut(_log, leftOut, Table);
    }

    private bool TryLoad(SqliteDataReader row)
    {
        PeerId? source = null;
        Subkey? subkey = null;
        if (!DhtId.TryDecode((byte[])row[0], out var key)
            || (row[1] is byte[] { Length: > 0 } tag && !Subkey.TryDecode(tag, out subkey))
            || (row[4] is byte[] id && !PeerId.TryDecode(id, out source)))
        {
            return false;
        }

        var value = (byte[])row[2];
        var expiration = new DhtExpiration(BitConverter.Int64BitsToDouble(row.GetInt64(3)));
        var now = DhtExpiration.Now(_time);
        if (subkey is null)
            _memory.Store(key, value, expiration, now, source);
        else
            _memory.StoreSubkey(key, subkey, value, expiration, now, source);
        return true;
    }

    private void Changed(DhtId key)
    {
        Enqueue(key);
        var now = _time.GetUtcNow();
        var next = Interlocked.Read(ref _nextExpiry);
        if (now.UtcTicks >= next && Interlocked.CompareExchange(ref _nextExpiry, (now + ExpiryPause).UtcTicks, next) == next)
            _writer.Enqueue(new Expiry(DhtExpiration.From(now)));
    }

    private void Enqueue(DhtId key) => _writer.Enqueue(new Write(_memory, key));

    // Written as it is when the transaction comes to it: a key that changes often, or goes again, costs one write.
    private sealed class Write(MemoryDhtStorage memory, DhtId key) : StoreWrite
    {
        public override (string Table, string Row) Key => (Table, key.ToString());

        public override void Apply(StatementCache statements)
        {
            var id = key.ToBytes();
            statements.Execute("DELETE FROM hivemind_records WHERE key = $1", id);
            foreach (var record in memory.GetRecords(key))
            {
                statements.Execute(
                    "INSERT INTO hivemind_records (key, subkey, value, expiration, source) VALUES ($1, $2, $3, $4, $5)",
                    id,
                    record.Subkey?.Bytes.ToArray() ?? [],
                    record.Value.ToArray(),
                    BitConverter.DoubleToInt64Bits(record.Expiration.Seconds),
                    record.Source?.Bytes.ToArray());
            }
        }
    }

    // The bits of doubles above zero are in the order of the doubles.
    private sealed class Expiry(DhtExpiration now) : StoreWrite
    {
        public override (string Table, string Row) Key => (Table, "expiry");

        public override void Apply(StatementCache statements)
            => statements.Execute("DELETE FROM hivemind_records WHERE expiration < $1", BitConverter.DoubleToInt64Bits(now.Seconds));
    }
}
