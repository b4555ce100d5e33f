using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// The nodes whose ids share a prefix: live ones, the one heard of longest ago first, and others that wait for a place, the newest last.
/// </summary>
internal sealed class DhtBucket(DhtId prefix, int depth, int capacity)
{
    private readonly List<DhtNodeAddress> _live = [];
    private readonly List<DhtNodeAddress> _waiting = [];
    private readonly HashSet<DhtId> _pinged = [];

    /// <summary>The smallest id that belongs here.</summary>
    public DhtId First => prefix;

    /// <summary>Length of the prefix in bits.</summary>
    public int Depth => depth;

    public IReadOnlyList<DhtNodeAddress> Live => _live;

    public IReadOnlyList<DhtNodeAddress> Waiting => _waiting;

    public bool Contains(DhtId id)
    {
        var distance = prefix.DistanceTo(id);
        for (var i = 0; i < depth; i++)
        {
            if (distance.Bit(i))
                return false;
        }

        return true;
    }

    /// <summary>Adds a node, or moves it to the end that was heard of last.</summary>
    /// <param name="node">The node.</param>
    /// <param name="dropped">A node that lost its place among those that wait.</param>
    /// <returns>False when the bucket is full and the node has to wait.</returns>
    public bool AddOrUpdate(DhtNodeAddress node, out DhtNodeAddress? dropped)
    {
        dropped = null;
        _pinged.Remove(node.Id);
        _waiting.RemoveAll(other => other.Id == node.Id);
        var isLive = _live.RemoveAll(other => other.Id == node.Id) > 0;
        if (isLive || _live.Count < capacity)
        {
            _live.Add(node);
            return true;
        }

        _waiting.Add(node);

        // Hivemind lets them pile up; here those that waited longest make room.
        if (_waiting.Count > capacity)
        {
            dropped = _waiting[0];
            _waiting.RemoveAt(0);
        }

        return false;
    }

    /// <summary>The live node heard of longest ago that is not being pinged; it counts as pinged from now on.</summary>
    public bool TryTakeOldest([NotNullWhen(true)] out DhtNodeAddress? oldest)
    {
        oldest = null;
        foreach (var node in _live)
        {
            if (_pinged.Add(node.Id))
            {
                oldest = node;
                return true;
            }
        }

        return false;
    }

    /// <summary>Removes a node; the newest one that waits takes the place of a live one.</summary>
    public void Remove(DhtId id)
    {
        _pinged.Remove(id);
        _waiting.RemoveAll(other => other.Id == id);
        if (_live.RemoveAll(other => other.Id == id) == 0 || _waiting.Count == 0)
            return;
        _live.Add(_waiting[^1]);
        _waiting.RemoveAt(_waiting.Count - 1);
    }

    public (DhtBucket Left, DhtBucket Right) Split()
    {
        var right = depth < 128 ? new DhtId(prefix.High | (UInt128.One << (127 - depth)), prefix.Low) : new DhtId(prefix.High, prefix.Low | (1u << (DhtId.BitCount - 1 - depth)));
        var halves = (Left: new DhtBucket(prefix, depth + 1, capacity), Right: new DhtBucket(right, depth + 1, capacity));
        foreach (var node in _live.Concat(_waiting))
            (node.Id.Bit(depth) ? halves.Right : halves.Left).AddOrUpdate(node, out _);
        foreach (var id in _pinged)
            (id.Bit(depth) ? halves.Right : halves.Left)._pinged.Add(id);
        return halves;
    }
}
