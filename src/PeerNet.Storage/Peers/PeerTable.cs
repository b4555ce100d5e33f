using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Storage.Database;
using PeerNet.Swarm.Peers;

namespace PeerNet.Storage.Peers;

/// <summary>The peer store's rows: reads them into a store and follows its journal.</summary>
internal sealed class PeerTable
{
    /// <summary>Implementation limit: changes fetched from the journal for one transaction.</summary>
    private const int MaxBatch = 5000;

    private readonly ILogger _log;

    public PeerTable(ILogger log) => _log = log;

    /// <summary>Reads all rows into a store. A row that cannot be read is left out; the others count.</summary>
    public void Load(SqliteConnection connection, PeerStore store, CancellationToken token)
    {
        var addresses = ReadAddresses(connection, token);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT peer, agent, protocol_version, protocols, signed_record, public_key, tags, last_connected FROM peers ORDER BY updated DESC";
        using var rows = command.ExecuteReader();
        var leftOut = 0;
        while (rows.Read() && !token.IsCancellationRequested)
        {
            if (Read(rows, addresses) is { } snapshot)
                store.Import(snapshot);
            else
                leftOut++;
        }

        if (leftOut > 0)
            StorageLog.RowsLeftOut(_log, leftOut, "peers");
    }

    /// <summary>Queues what has changed in the store since the last call.</summary>
    public void Follow(PeerStore store, PeerStoreJournal journal, StoreWriter writer, StorageOptions options)
    {
        // All of them: a flush writes what waits, and the last one is the last chance.
        var isChanged = false;
        while (journal.Count > 0)
        {
            isChanged = true;
            var changes = journal.Take(MaxBatch, out var overflowed);
            foreach (var change in changes)
                writer.Enqueue(new PeerWrite(change));
            if (!overflowed)
                continue;
            foreach (var peer in store.Peers)
                writer.Enqueue(new PeerWrite(new PeerStoreChange(peer, store.Get(peer))));
        }

        if (isChanged)
            writer.Enqueue(new RowLimit("peers", "DELETE FROM addresses WHERE peer IN (SELECT peer FROM peers ORDER BY updated DESC LIMIT -1 OFFSET $1)", "DELETE FROM peers WHERE peer IN (SELECT peer FROM peers ORDER BY updated DESC LIMIT -1 OFFSET $1)", options.MaxRows));
    }

    private static Dictionary<PeerId, List<AddressSnapshot>> ReadAddresses(SqliteConnection connection, CancellationToken token)
    {
        var addresses = new Dictionary<PeerId, List<AddressSnapshot>>();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT peer, address, source, expires, certified, dialed FROM addresses";
        using var rows = command.ExecuteReader();
        while (rows.Read() && !token.IsCancellationRequested)
        {
            if (!PeerId.TryDecode((byte[])rows[0], out var peer) || !Multiaddress.TryDecode((byte[])rows[1], out var address))
                continue;
            if (!addresses.TryGetValue(peer!, out var list))
                addresses.Add(peer!, list = []);
            list.Add(new AddressSnapshot(
                address!,
                Enum.IsDefined((AddressSource)rows.GetInt32(2)) ? (AddressSource)rows.GetInt32(2) : AddressSource.Cache,
                Times.Read(rows.GetInt64(3)),
                rows.GetInt32(4) != 0,
                rows.IsDBNull(5) ? null : rows.GetInt32(5) != 0));
        }

        return addresses;
    }

    private static PeerSnapshot? Read(SqliteDataReader rows, Dictionary<PeerId, List<AddressSnapshot>> addresses)
    {
        if (!PeerId.TryDecode((byte[])rows[0], out var peer))
            return null;
        PublicKey? key = null;
        if (rows[5] is byte[] encoded && !PublicKey.TryDecode(encoded, out key, out _))
            return null;
        return new PeerSnapshot
        {
            Peer = peer!,
            Addresses = addresses.TryGetValue(peer!, out var list) ? list : [],
            AgentVersion = rows[1] as string,
            ProtocolVersion = rows[2] as string,
            Protocols = [.. rows.GetString(3).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ProtocolId.FromString)],
            SignedRecord = rows[4] as byte[] ?? [],
            PublicKey = key,
            Tags = ReadTags(rows.GetString(6)),
            LastConnected = rows.IsDBNull(7) ? null : Times.Read(rows.GetInt64(7)),
        };
    }

    private static Dictionary<string, int> ReadTags(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, TagContext.Default.DictionaryStringInt32) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}

[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class TagContext : JsonSerializerContext;
