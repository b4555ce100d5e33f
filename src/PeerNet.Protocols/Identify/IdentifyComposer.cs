using PeerNet.Core.Connections;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Listening;

namespace PeerNet.Protocols.Identify;

/// <summary>Says what this node tells a peer about itself. Thread-safe.</summary>
internal sealed class IdentifyComposer(SwarmHost swarm, IdentifyOptions options)
{
    private readonly OwnRecords _records = new(swarm.Identity, swarm.Time);

    /// <summary>The message for the peer at the other end of a connection: its addresses are those that are of use there.</summary>
    public IdentifyInfo Compose(ConnectionDescription connection)
    {
        var addresses = AddressRules.ForPeerAt(connection.RemoteAddress, swarm.AdvertisedAddresses);
        return new IdentifyInfo
        {
            PublicKey = swarm.Identity.PublicKey,
            ListenAddresses = addresses,
            Protocols = [.. swarm.Protocols.OrderBy(static protocol => protocol.Value, StringComparer.Ordinal)],

            // Over a relay this node sees the relay, not the peer; js drops a whole message over an address that is an id alone.
            ObservedAddress = connection.RemoteAddress.IsCircuit() ? null : connection.RemoteAddress,
            ProtocolVersion = options.ProtocolVersion,
            AgentVersion = options.AgentVersion,
            SignedPeerRecord = _records.Get(addresses),
        };
    }
}
