using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Multiformats;

namespace PeerNet;

// Membership in Hivemind swarms.
public sealed partial class PeerNode
{
    /// <summary>Joins a Hivemind swarm as a full member beside Python's. Dispose what is returned to leave it; it ends with the node.</summary>
    /// <param name="initialPeers">Addresses of members, each ending in <c>/p2p/ID</c>; none begins a swarm.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="FormatException">An address is malformed.</exception>
    /// <exception cref="DhtException">No initial peer answered, or one of them found a fault with this node.</exception>
    public Task<HivemindSwarm> JoinHivemindAsync(IEnumerable<string> initialPeers, CancellationToken token = default)
        => JoinHivemindAsync(new DhtOptions { InitialPeers = [.. initialPeers.Select(Multiaddress.Parse)] }, token);

    /// <summary>Joins a Hivemind swarm with options of your own.</summary>
    /// <exception cref="DhtException">No initial peer answered, or one of them found a fault with this node.</exception>
    public Task<HivemindSwarm> JoinHivemindAsync(DhtOptions options, CancellationToken token = default) => HivemindSwarm.JoinAsync(Swarm, options, token: token);
}
