using PeerNet.Identity;

namespace PeerNet.Swarm.Trimming;

/// <summary>What peers are worth, and which must stay. Bounded. Not thread-safe.</summary>
internal sealed class PeerTags
{
    /// <summary>Implementation limit: peers with tags. Tags are set by this node's own protocols, for peers they work with.</summary>
    public const int MaxPeers = 50_000;

    private readonly Dictionary<PeerId, Dictionary<string, int>> _tags = [];
    private readonly Dictionary<PeerId, HashSet<string>> _protections = [];

    public int Score(PeerId peer)
    {
        if (!_tags.TryGetValue(peer, out var tags))
            return 0;
        long sum = 0;
        foreach (var value in tags.Values)
            sum += value;
        return (int)Math.Clamp(sum, int.MinValue, int.MaxValue);
    }

    public IReadOnlyDictionary<string, int> Of(PeerId peer) => _tags.TryGetValue(peer, out var tags) ? new Dictionary<string, int>(tags) : new Dictionary<string, int>();

    public void Tag(PeerId peer, string tag, int value)
    {
        if (!_tags.TryGetValue(peer, out var tags))
        {
            if (_tags.Count >= MaxPeers)
                return;
            _tags.Add(peer, tags = []);
        }

        tags[tag] = value;
    }

    public void Untag(PeerId peer, string tag)
    {
        if (_tags.TryGetValue(peer, out var tags) && tags.Remove(tag) && tags.Count == 0)
            _tags.Remove(peer);
    }

    public void Protect(PeerId peer, string tag)
    {
        if (!_protections.TryGetValue(peer, out var tags))
            _protections.Add(peer, tags = []);
        tags.Add(tag);
    }

    /// <returns>Whether the peer is still protected by another tag.</returns>
    public bool Unprotect(PeerId peer, string tag)
    {
        if (!_protections.TryGetValue(peer, out var tags))
            return false;
        tags.Remove(tag);
        if (tags.Count > 0)
            return true;
        _protections.Remove(peer);
        return false;
    }

    public bool IsProtected(PeerId peer, string? tag) => _protections.TryGetValue(peer, out var tags) && (tag is null || tags.Contains(tag));
}
