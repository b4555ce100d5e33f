using System.Buffers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage.Database;

namespace PeerNet.Storage.Kad;

/// <summary>Provider records of one DHT: in memory, within its limits, and behind that in the database. Thread-safe.</summary>
internal sealed class PersistentProviderStore : IProviderStore
{
    private const string Table = "kad_providers";

    private readonly string _network;
    private readonly MemoryProviderStore _memory;
    private readonly StoreWriter _writer;
    private readonly StorageOptions _options;
    private readonly ILogger _log;

    public PersistentProviderStore(string network, StoreLimits limits, StoreWriter writer, StorageOptions options, ILogger log)
    {
        _network = network;
        _memory = new MemoryProviderStore(limits);
        _writer = writer;
        _options = options;
        _log = log;
    }

    public ValueTask<IReadOnlyList<ProviderRecord>> GetAsync(ReadOnlyMemory<byte> key, int count, CancellationToken token = default) => _memory.GetAsync(key, count, token);

    public ValueTask<IReadOnlyList<ProviderRecord>> GetOwnAsync(CancellationToken token = default) => _memory.GetOwnAsync(token);

    public async ValueTask<StoreOutcome> AddAsync(ProviderRecord record, CancellationToken token = default)
    {
        var outcome = await _memory.AddAsync(record, token).ConfigureAwait(false);
        if (outcome is StoreOutcome.Stored or StoreOutcome.Replaced)
        {
            _writer.Enqueue(new Write(_network, record.Key, record.Provider, record));
            _writer.Enqueue(new RowLimit(Table, "DELETE FROM kad_providers WHERE own = 0 AND received <= (SELECT received FROM kad_providers WHERE own = 0 ORDER BY received DESC LIMIT 1 OFFSET $1)", _options.MaxRows));
        }

        return outcome;
    }

    public async ValueTask RemoveAsync(ReadOnlyMemory<byte> key, PeerId provider, CancellationToken token = default)
    {
        await _memory.RemoveAsync(key, provider, token).ConfigureAwait(false);
        _writer.Enqueue(new Write(_network, key, provider, null));
    }

    public async ValueTask<int> RemoveExpiredAsync(DateTimeOffset receivedBefore, CancellationToken token = default)
    {
        var removed = await _memory.RemoveExpiredAsync(receivedBefore, token).ConfigureAwait(false);
        _writer.Enqueue(new Expiry(_network, receivedBefore));
        return removed;
    }

    /// <summary>Reads what earlier runs kept; what came meanwhile is newer and stays.</summary>
    public void Load(SqliteConnection connection, CancellationToken token)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT key, provider, addresses, received, own FROM kad_providers WHERE network = $1 ORDER BY received";
        command.Parameters.AddWithValue("$1", _network);
        using var rows = command.ExecuteReader();
        var leftOut = 0;
        while (rows.Read() && !token.IsCancellationRequested)
        {
            if (!PeerId.TryDecode((byte[])rows[1], out var provider))
            {
                leftOut++;
                continue;
            }

            var record = new ProviderRecord
            {
                Key = (byte[])rows[0],
                Provider = provider!,
                Addresses = ReadAddresses((byte[])rows[2]),
                ReceivedAt = Times.Read(rows.GetInt64(3)),
                IsOwn = rows.GetInt32(4) != 0,
            };
            var known = _memory.GetAsync(record.Key, int.MaxValue, token).AsTask().GetAwaiter().GetResult();
            if (!known.Any(other => other.Provider == record.Provider))
                _memory.AddAsync(record, token).AsTask().GetAwaiter().GetResult();
        }

        if (leftOut > 0)
            StorageLog.RowsLeftOut(_log, leftOut, Table);
    }

    private static byte[] WriteAddresses(IReadOnlyList<Multiaddress> addresses)
    {
        var writer = new ArrayBufferWriter<byte>();
        foreach (var address in addresses)
        {
            Varint.Write(writer, (ulong)address.Bytes.Length);
            writer.Write(address.Bytes.Span);
        }

        return writer.WrittenSpan.ToArray();
    }

    private static List<Multiaddress> ReadAddresses(ReadOnlySpan<byte> bytes)
    {
        var addresses = new List<Multiaddress>();
        while (Varint.TryRead(bytes, out var length, out var consumed) == OperationStatus.Done && length <= (ulong)(bytes.Length - consumed))
        {
            if (Multiaddress.TryDecode(bytes.Slice(consumed, (int)length), out var address))
                addresses.Add(address!);
            bytes = bytes[(consumed + (int)length)..];
        }

        return addresses;
    }

    private sealed class Write(string network, ReadOnlyMemory<byte> key, PeerId provider, ProviderRecord? record) : StoreWrite
    {
        public override (string Table, string Row) Key => (Table, $"{network} {Convert.ToHexString(key.Span)} {provider}");

        public override void Apply(StatementCache statements)
        {
            if (record is null)
            {
                statements.Execute("DELETE FROM kad_providers WHERE network = $1 AND key = $2 AND provider = $3", network, key.ToArray(), provider.Bytes.ToArray());
                return;
            }

            statements.Execute(
                "INSERT OR REPLACE INTO kad_providers (network, key, provider, addresses, received, own) VALUES ($1, $2, $3, $4, $5, $6)",
                network,
                key.ToArray(),
                provider.Bytes.ToArray(),
                WriteAddresses(record.Addresses),
                Times.Write(record.ReceivedAt),
                record.IsOwn ? 1 : 0);
        }
    }

    private sealed class Expiry(string network, DateTimeOffset receivedBefore) : StoreWrite
    {
        public override (string Table, string Row) Key => (Table, $"{network} expiry");

        public override void Apply(StatementCache statements)
            => statements.Execute("DELETE FROM kad_providers WHERE network = $1 AND own = 0 AND received < $2", network, Times.Write(receivedBefore));
    }
}
