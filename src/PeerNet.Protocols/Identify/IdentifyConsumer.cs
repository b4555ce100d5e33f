using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Peers;

namespace PeerNet.Protocols.Identify;

/// <summary>Puts what a peer told into the peer store, and tells the swarm. Thread-safe.</summary>
internal sealed class IdentifyConsumer(SwarmHost swarm)
{
    /// <summary>Takes the answer to a question: it replaces what was known of the peer's protocols.</summary>
    public PeerIdentity Consume(PeerConnection connection, IdentifyInfo info)
    {
        swarm.PeerStore.SetProtocols(connection.Peer, info.Protocols);
        return Report(connection, info, isPush: false);
    }

    /// <summary>
    /// Takes a push. Hivemind's daemon pushes one of its handlers and has all of them, so a list that lacks a protocol known before is added to
    /// what is known, not put in its place.
    /// </summary>
    /// <returns>False when the list lacks something: the peer is to be asked.</returns>
    public bool ConsumePush(PeerConnection connection, IdentifyInfo info)
    {
        var isWhole = true;
        if (info.Protocols.Count > 0)
        {
            var told = info.Protocols.ToHashSet();
            isWhole = swarm.PeerStore.GetProtocols(connection.Peer).All(told.Contains);
            if (isWhole)
                swarm.PeerStore.SetProtocols(connection.Peer, info.Protocols);
            else
                swarm.PeerStore.AddProtocols(connection.Peer, info.Protocols);
        }

        Report(connection, info, isPush: true);
        return isWhole;
    }

    private PeerIdentity Report(PeerConnection connection, IdentifyInfo info, bool isPush)
    {
        var peer = connection.Peer;
        if (info.PublicKey is not null)
            swarm.PeerStore.AddPublicKey(peer, info.PublicKey);
        swarm.PeerStore.SetVersions(peer, info.AgentVersion, info.ProtocolVersion);
        var addresses = StoreAddresses(connection, info, out var record);

        // A push says what changed; whoever hears of it wants to know what is.
        var identity = new PeerIdentity
        {
            AgentVersion = info.AgentVersion,
            ProtocolVersion = info.ProtocolVersion,
            Protocols = isPush ? [.. swarm.PeerStore.GetProtocols(peer)] : info.Protocols,
            ListenAddresses = isPush && addresses.Count == 0 ? swarm.PeerStore.GetAddresses(peer) : addresses,
            ObservedAddress = info.ObservedAddress,
            SignedRecord = record?.Envelope.Encoded ?? default,
        };
        swarm.ReportIdentified(connection, identity, isPush);

        // The last connection may have ended meanwhile, and with it the time when addresses of a connected peer are demoted.
        if (connection.IsClosed && !swarm.IsConnected(peer))
            swarm.PeerStore.ReplaceTtl(peer, AddressTtl.Connected, AddressTtl.RecentlyConnected);
        return identity;
    }

    /// <summary>
    /// A valid record of the peer itself stands in place of the unsigned addresses; any other counts as none. Of both, only what can be
    /// believed of a peer at that place is kept.
    /// </summary>
    private IReadOnlyList<Multiaddress> StoreAddresses(PeerConnection connection, IdentifyInfo info, out PeerRecord? record)
    {
        var remote = connection.Description.RemoteAddress;
        record = OpenRecord(connection.Peer, info.SignedPeerRecord.Span);
        if (record is not null)
        {
            var certified = Bare(record.Addresses, connection.Peer);
            var believed = AddressRules.BelievableFrom(remote, certified);
            var known = swarm.PeerStore.GetAddresses(connection.Peer);
            if (swarm.PeerStore.ConsumeRecord(record, AddressTtl.Connected))
            {
                foreach (var address in certified.Except(believed).Except(known))
                    swarm.PeerStore.RemoveAddress(connection.Peer, address);
                return believed;
            }

            if (swarm.PeerStore.GetSignedRecord(connection.Peer).Span.SequenceEqual(record.Envelope.Encoded.Span))
            {
                swarm.PeerStore.AddAddresses(connection.Peer, believed, AddressTtl.Connected, AddressSource.SignedRecord);
                return believed;
            }

            record = null;
        }

        // Without a record, or with one that is older than the one known, the addresses are the peer's word.
        var told = AddressRules.BelievableFrom(remote, info.ListenAddresses);
        swarm.PeerStore.AddAddresses(connection.Peer, told, AddressTtl.Connected, AddressSource.Identify);
        return told;
    }

    private PeerRecord? OpenRecord(PeerId peer, ReadOnlySpan<byte> envelope)
    {
        if (envelope.IsEmpty)
            return null;
        var detail = "";
        if (PeerRecord.TryOpen(envelope, out var record, out var reason))
        {
            if (record.PeerId == peer)
                return record;
            detail = $"the signed record is that of {record.PeerId}";
        }

        // A record that does not open is no reason to doubt the rest: rust seals its own under another domain in some versions.
        swarm.ReportMisbehaviour(peer, new Misbehaviour(IdentifyProtocol.Identify.Value, "forged-record", reason ?? detail));
        return null;
    }

    private static List<Multiaddress> Bare(IEnumerable<Multiaddress> addresses, PeerId peer)
        => [.. addresses.Where(address => !address.HasUnknown).Select(address => PeerAddresses.WithoutOwner(address, peer)).OfType<Multiaddress>()];
}
