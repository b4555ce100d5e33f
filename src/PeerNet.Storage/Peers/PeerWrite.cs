using System.Text.Json;
using PeerNet.Storage.Database;
using PeerNet.Swarm.Peers;

namespace PeerNet.Storage.Peers;

/// <summary>Writes one peer as it is now, or deletes it.</summary>
internal sealed class PeerWrite : StoreWrite
{
    private readonly PeerStoreChange _change;

    public PeerWrite(PeerStoreChange change) => _change = change;

    public override (string Table, string Row) Key => ("peers", _change.Peer.ToString());

    public override void Apply(StatementCache statements)
    {
        var id = _change.Peer.Bytes.ToArray();
        statements.Execute("DELETE FROM addresses WHERE peer = $1", id);
        if (_change.State is not { } state)
        {
            statements.Execute("DELETE FROM peers WHERE peer = $1", id);
            return;
        }

        statements.Execute(
            "INSERT OR REPLACE INTO peers (peer, agent, protocol_version, protocols, signed_record, public_key, tags, last_connected, updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            id,
            state.AgentVersion,
            state.ProtocolVersion,
            string.Join('\n', state.Protocols),
            state.SignedRecord.IsEmpty ? null : state.SignedRecord.ToArray(),
            state.PublicKey?.Encoded.ToArray(),
            JsonSerializer.Serialize(new Dictionary<string, int>(state.Tags), TagContext.Default.DictionaryStringInt32),
            state.LastConnected is { } connected ? Times.Write(connected) : null,
            state.LastConnected is { } last ? Times.Write(last) : 0L);
        foreach (var address in state.Addresses)
        {
            statements.Execute(
                "INSERT OR REPLACE INTO addresses (peer, address, source, expires, certified, dialed) VALUES ($1, $2, $3, $4, $5, $6)",
                id,
                address.Address.Bytes.ToArray(),
                (int)address.Source,
                Times.Write(address.ExpiresAt),
                address.IsCertified ? 1 : 0,
                address.LastDialSucceeded is { } succeeded ? (succeeded ? 1 : 0) : null);
        }
    }
}
