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

    /// <summary>A peer lost its place.</summary>
    public Action<PeerId>? Left { get; set; }

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
            isNew &= _table.Contains(node.Id);
        }

        TellWhoLeft();
        if (isNew)
        {
            HivemindMetrics.MembersChanged(1);
            Arrived?.Invoke(node);
        }

        if (doubted is { } old)
            Doubted?.Invoke(old);
    }

    public void OnSilent(PeerId peer)
    {
        lock (_lock)
            _table.Remove(peer);
        TellWhoLeft();
    }

    /// <summary>All nodes known, those that wait for a place included.</summary>
    public List<DhtNodeAddress> GetNodes()
    {
        lock (_lock)
            return [.. _table.Nodes];
    }

    /// <summary>The buckets, as they are now.</summary>
    public List<(DhtId First, int Depth, DhtId[] Live, DhtId[] Waiting)> GetBuckets()
    {
        lock (_lock)
            return [.. _table.Buckets.Select(bucket => (bucket.First, bucket.Depth, bucket.Live.Select(node => node.Id).ToArray(), bucket.Waiting.Select(node => node.Id).ToArray()))];
    }

    /// <summary>Peers that failed lately: how often, and whether they are left alone now.</summary>
    public List<(PeerId Peer, int Failures, bool IsBanned)> GetBlacklist()
    {
        lock (_lock)
            return [.. _blacklist.Entries.Select(entry => (entry.Peer, entry.Failures, entry.Until > time.GetInstant()))];
    }

    public void ClearBlacklist()
    {
        lock (_lock)
            _blacklist.Clear();
    }

    public DhtId? IdOf(PeerId peer)
    {
        lock (_lock)
            return _table.IdOf(peer);
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

    private void TellWhoLeft()
    {
        PeerId[] gone;
        lock (_lock)
        {
            gone = [.. _table.Forgotten];
            _table.Forgotten.Clear();
        }

        foreach (var peer in gone)
        {
            HivemindMetrics.MembersChanged(-1);
            Left?.Invoke(peer);
        }
    }

    public List<DhtNodeAddress> Nearest(DhtId key, int count, DhtId? exclude = null)
    {
        lock (_lock)
            return _table.Nearest(key, count, exclude);
    }
}
