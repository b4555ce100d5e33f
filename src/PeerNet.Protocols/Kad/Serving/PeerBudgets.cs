using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Serving;

/// <summary>
/// A token bucket for each peer: so much at once, then so much in a time. A pure machine. Peers whose bucket is full again are forgotten.
/// Not thread-safe.
/// </summary>
internal sealed class PeerBudgets(int burst, double perSecond)
{
    // Implementation limit: peers remembered; when there are more, those that spent least are forgotten.
    private const int MaxPeers = 4096;

    private readonly Dictionary<PeerId, (double Tokens, Instant At)> _buckets = [];

    /// <summary>Takes one, or says how long it takes until there is one.</summary>
    public TimeSpan Take(PeerId peer, Instant now)
    {
        var tokens = _buckets.TryGetValue(peer, out var bucket) ? Math.Min(burst, bucket.Tokens + ((now - bucket.At).TotalSeconds * perSecond)) : burst;
        if (tokens < 1)
            return perSecond > 0 ? TimeSpan.FromSeconds((1 - tokens) / perSecond) : TimeSpan.MaxValue;
        if (!_buckets.ContainsKey(peer) && _buckets.Count >= MaxPeers)
            Forget(now);
        _buckets[peer] = (tokens - 1, now);
        return TimeSpan.Zero;
    }

    private void Forget(Instant now)
    {
        var full = _buckets.Where(pair => pair.Value.Tokens + ((now - pair.Value.At).TotalSeconds * perSecond) >= burst).Select(pair => pair.Key).ToArray();
        foreach (var peer in full)
            _buckets.Remove(peer);
        if (_buckets.Count < MaxPeers)
            return;
        foreach (var peer in _buckets.OrderByDescending(pair => pair.Value.Tokens).Take(MaxPeers / 4).Select(pair => pair.Key).ToArray())
            _buckets.Remove(peer);
    }
}
