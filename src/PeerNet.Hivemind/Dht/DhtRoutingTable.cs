using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// Which nodes this one knows. Buckets that contain its own id split when they are full, others until their depth is a multiple of
/// <c>depthModulo</c>; so the table holds more of what is near. One peer has one place: a peer that comes with another node id gives up the
/// first one, which keeps a single peer from filling the table. Not thread-safe.
/// </summary>
internal sealed class DhtRoutingTable(DhtId ownId, int bucketSize, int depthModulo)
{
    private readonly List<DhtBucket> _buckets = [new DhtBucket(default, 0, bucketSize)];
    private readonly Dictionary<DhtId, PeerId> _peers = [];
    private readonly Dictionary<PeerId, DhtId> _ids = [];

    /// <summary>Nodes known, those that wait included.</summary>
    public int Count => _peers.Count;

    /// <summary>The buckets in the order of their prefixes.</summary>
    public IReadOnlyList<DhtBucket> Buckets => _buckets;

    /// <summary>Peers that lost their place; whoever looks clears it.</summary>
    public List<PeerId> Forgotten { get; } = [];

    /// <summary>All nodes, those that wait included.</summary>
    public IEnumerable<DhtNodeAddress> Nodes => _peers.Select(pair => new DhtNodeAddress(pair.Key, pair.Value));

    public bool Contains(DhtId id) => _peers.ContainsKey(id);

    public DhtId? IdOf(PeerId peer) => _ids.TryGetValue(peer, out var id) ? id : null;

    /// <summary>Adds a node that was heard of.</summary>
    /// <returns>A node to ping, because it may be gone and another waits for its place; null when there is none.</returns>
    public DhtNodeAddress? AddOrUpdate(DhtNodeAddress node)
    {
        if (node.Id == ownId)
            return null;

        // Whoever names the id of another node does not get its place; should that one be gone, it will not answer.
        if (_peers.TryGetValue(node.Id, out var holder) && holder != node.Peer)
            return new DhtNodeAddress(node.Id, holder);
        if (_ids.TryGetValue(node.Peer, out var former) && former != node.Id)
            Remove(former);
        _peers[node.Id] = node.Peer;
        _ids[node.Peer] = node.Id;

        while (true)
        {
            var index = IndexOf(node.Id);
            var bucket = _buckets[index];
            if (bucket.AddOrUpdate(node, out var dropped))
                return null;
            if (dropped is { } gone)
                Forget(gone.Id);
            if (bucket.Depth >= DhtId.BitCount - 1 || (!bucket.Contains(ownId) && bucket.Depth % depthModulo == 0))
                return bucket.TryTakeOldest(out var oldest) ? oldest : null;
            var (left, right) = bucket.Split();
            _buckets[index] = left;
            _buckets.Insert(index + 1, right);
        }
    }

    /// <summary>Removes a node that does not answer.</summary>
    public void Remove(DhtId id)
    {
        if (!_peers.ContainsKey(id))
            return;
        _buckets[IndexOf(id)].Remove(id);
        Forget(id);
    }

    /// <summary>Removes a peer that does not answer.</summary>
    public void Remove(PeerId peer)
    {
        if (_ids.TryGetValue(peer, out var id))
            Remove(id);
    }

    /// <summary>The live nodes nearest to a key, the nearest first.</summary>
    public List<DhtNodeAddress> Nearest(DhtId key, int count, DhtId? exclude = null)
    {
        var nodes = new List<DhtNodeAddress>();
        foreach (var bucket in _buckets)
        {
            foreach (var node in bucket.Live)
            {
                if (node.Id != exclude)
                    nodes.Add(node);
            }
        }

        nodes.Sort((left, right) => left.Id.DistanceTo(key).CompareTo(right.Id.DistanceTo(key)));
        if (nodes.Count > count)
            nodes.RemoveRange(count, nodes.Count - count);
        return nodes;
    }

    private void Forget(DhtId id)
    {
        if (!_peers.Remove(id, out var peer))
            return;
        _ids.Remove(peer);
        Forgotten.Add(peer);
    }

    private int IndexOf(DhtId id)
    {
        // The prefixes are in order: the bucket is the last one whose prefix is not beyond the id.
        int low = 0, high = _buckets.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_buckets[middle].First <= id)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }
}
