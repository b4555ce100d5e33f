using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// Peers that failed to answer, and until when they are left alone: each failure outside a ban makes the next ban twice as long, an answer
/// clears the peer. Bounded: when full, those whose ban ended first are forgotten. Not thread-safe.
/// </summary>
internal sealed class PeerBlacklist(TimeSpan first, double rate, int capacity)
{
    // Implementation limit: doubling would leave a peer alone for years after an evening without network.
    private static readonly TimeSpan LongestBan = TimeSpan.FromHours(1);

    private readonly Dictionary<PeerId, (Instant Until, int Failures)> _peers = [];

    public int Count => _peers.Count;

    /// <summary>Peers that failed, with how often.</summary>
    public IEnumerable<(PeerId Peer, int Failures, Instant Until)> Entries => _peers.Select(pair => (pair.Key, pair.Value.Failures, pair.Value.Until));

    public bool IsBanned(PeerId peer, Instant now) => _peers.TryGetValue(peer, out var entry) && entry.Until > now;

    public void OnFailure(PeerId peer, Instant now)
    {
        var (until, failures) = _peers.GetValueOrDefault(peer);
        if (failures > 0 && until > now)
            return;
        if (failures == 0 && _peers.Count >= capacity)
            _peers.Remove(_peers.MinBy(pair => pair.Value.Until).Key);
        var seconds = Math.Min(LongestBan.TotalSeconds, first.TotalSeconds * Math.Pow(rate, failures));
        _peers[peer] = (now + TimeSpan.FromSeconds(seconds), failures + 1);
    }

    public void Clear() => _peers.Clear();

    public void OnAnswer(PeerId peer) => _peers.Remove(peer);
}
