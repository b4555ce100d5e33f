using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>
/// Finds who has some content on the way to the peers nearest to its key: a pure machine beside a <see cref="ClosestPeersLookup"/>.
/// Not thread-safe.
/// </summary>
internal sealed class ProviderLookup(ClosestPeersLookup peers, int count)
{
    private readonly HashSet<PeerId> _found = [];

    /// <summary>The walk towards the key.</summary>
    public ClosestPeersLookup Peers { get; } = peers;

    /// <summary>Providers that this node itself knows.</summary>
    /// <returns>Those not seen before.</returns>
    public List<KadPeer> Offer(IEnumerable<KadPeer> providers)
    {
        var fresh = new List<KadPeer>();
        foreach (var provider in providers)
        {
            if (_found.Count < count && _found.Add(provider.Id))
                fresh.Add(provider);
        }

        if (_found.Count >= count)
            Peers.Stop();
        return fresh;
    }

    /// <summary>A peer answered.</summary>
    /// <returns>Providers not seen before.</returns>
    public List<KadPeer> OnAnswered(PeerId peer, IEnumerable<KadPeer> providers, IEnumerable<PeerId> closer)
    {
        Peers.OnAnswered(peer, closer);
        return Offer(providers);
    }
}
