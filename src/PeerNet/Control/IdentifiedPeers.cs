using System.Text.Json.Nodes;
using PeerNet.Control.Commands;
using PeerNet.Identity;
using PeerNet.Swarm.Events;

namespace PeerNet.Control;

/// <summary>What peers last told by identify, for <c>identifyInfo</c>. Bounded; thread-safe.</summary>
internal sealed class IdentifiedPeers
{
    /// <summary>Implementation limit: the oldest half goes when there are more.</summary>
    private const int MaxPeers = 4096;

    private readonly Dictionary<PeerId, (long Age, JsonObject Info)> _peers = [];
    private readonly Lock _sync = new();
    private readonly Task _following;
    private long _clock;

    public IdentifiedPeers(PeerNode node) => _following = FollowAsync(node, node.SubscribeAsync(node.Stopping));

    /// <summary>Completes when the node ends.</summary>
    public Task Ended => _following;

    /// <summary>The last message of a peer; null before the first.</summary>
    public JsonObject? Get(PeerId peer)
    {
        lock (_sync)
            return _peers.TryGetValue(peer, out var entry) ? entry.Info.DeepClone().AsObject() : null;
    }

    private async Task FollowAsync(PeerNode node, IAsyncEnumerable<SwarmEvent> events)
    {
        try
        {
            await foreach (var happened in events.ConfigureAwait(false))
            {
                if (happened is PeerIdentified identified)
                    Add(identified.Connection.Peer, EventForwarder.Identified(identified));
            }
        }
        catch (OperationCanceledException) when (node.Stopping.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    private void Add(PeerId peer, JsonObject info)
    {
        lock (_sync)
        {
            _peers[peer] = (++_clock, info);
            if (_peers.Count <= MaxPeers)
                return;
            var oldest = _peers.OrderBy(entry => entry.Value.Age).Take(MaxPeers / 2).Select(entry => entry.Key).ToArray();
            foreach (var old in oldest)
                _peers.Remove(old);
        }
    }
}
