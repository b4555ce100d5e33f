using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>The routing table and the blacklist behind one lock. Those told of a change are called outside it. Thread-safe.</summary>
internal sealed class DhtPeers(DhtId ownId, DhtOptions options, TimeProvider time)
{
    // Implementation limit: a swarm has thousands of peers, and only those that failed are kept.
    private const int MaxBlacklisted = 4096;

    private readonly Lock _lock = new();
    private readonly DhtRoutingTable _table = new(ownId, options.BucketSize, options.DepthModulo);
    private readonly PeerBlacklist _blacklist = new(options.BlacklistTime, options.BlacklistRate, MaxBlacklisted);

    /// <summary>A node came in that was not known.</summary>
    public Action<DhtNodeAddress>? Arrived { get; set; }

    /// <summary>A node may be gone and should be pinged: another waits for its place.</summary>
    public Action<DhtNodeAddress>? Doubted { get; set; }

    public int Count
    {
        get
        {
            lock (_lock)
                return _table.Count;
        }
    }

    public void OnHeard(DhtNodeAddress node)
    {
        bool isNew;
        DhtNodeAddress? doubted;
        lock (_lock)
        {
            isNew = !_table.Contains(node.Id) && node.Id != ownId;
            doubted = _table.AddOrUpdate(node);
        }

        if (isNew)
            Arrived?.Invoke(node);
        if (doubted is { } old)
            Doubted?.Invoke(old);
    }

    public void OnSilent(PeerId peer)
    {
        lock (_lock)
            _table.Remove(peer);
    }

    public void OnFindFailed(PeerId peer)
    {
        lock (_lock)
            _blacklist.OnFailure(peer, time.GetInstant());
    }

    public void OnFindAnswered(PeerId peer)
    {
        lock (_lock)
            _blacklist.OnAnswer(peer);
    }

    public bool IsBanned(PeerId peer)
    {
        lock (_lock)
            return _blacklist.IsBanned(peer, time.GetInstant());
    }

    public List<DhtNodeAddress> Nearest(DhtId key, int count, DhtId? exclude = null)
    {
        lock (_lock)
            return _table.Nearest(key, count, exclude);
    }
}
