using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Multiformats;

namespace PeerNet;

// Membership in Hivemind swarms.
public sealed partial class PeerNode
{
    private HivemindSwarm? _hivemind;

    /// <summary>The Hivemind swarm that the node joined last, at its start or by <see cref="JoinHivemindAsync(DhtOptions, RpcOptions?, CancellationToken)"/>; null before the first.</summary>
    public HivemindSwarm? Hivemind => Volatile.Read(ref _hivemind);

    /// <summary>Joins a Hivemind swarm as a full member beside Python's. Dispose what is returned to leave it; it ends with the node.</summary>
    /// <param name="initialPeers">Addresses of members, each ending in <c>/p2p/ID</c>; none begins a swarm.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="FormatException">An address is malformed.</exception>
    /// <exception cref="DhtException">No initial peer answered, or one of them found a fault with this node.</exception>
    public Task<HivemindSwarm> JoinHivemindAsync(IEnumerable<string> initialPeers, CancellationToken token = default)
        => JoinHivemindAsync(new DhtOptions { InitialPeers = [.. initialPeers.Select(Multiaddress.Parse)] }, token: token);

    /// <summary>
    /// Joins a Hivemind swarm with options of your own. What they leave open is the node's: addresses of members are found through libp2p's
    /// Kademlia, which is served too; with a data folder records and the node's place in the table are kept over restarts. Members are tagged
    /// <see cref="HivemindDht.MemberTag"/> in the peer store as long as they are in the table.
    /// </summary>
    /// <exception cref="DhtException">No initial peer answered, or one of them found a fault with this node.</exception>
    /// <exception cref="InvalidOperationException">The node is a member of a swarm already; as a client it may join several.</exception>
    public async Task<HivemindSwarm> JoinHivemindAsync(DhtOptions options, RpcOptions? rpc = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var swarm = await HivemindMembership.JoinAsync(this, _parts, options, rpc, token).ConfigureAwait(false);
        Volatile.Write(ref _hivemind, swarm);
        return swarm;
    }
}
