using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Stores;

/// <summary>
/// Shares a bounded space among peers: when it is full, room is made by the oldest items of whoever has most, as long as that is more than
/// the newcomer has. So a flood costs its sender, and everybody gets an equal share in the end. Not thread-safe.
/// </summary>
/// <typeparam name="T">What is kept.</typeparam>
internal sealed class FairShares<T>(StoreLimits limits)
{
    private readonly Dictionary<PeerId, Share> _shares = [];
    private readonly SortedSet<Share> _bySize = new(Comparer<Share>.Create(static (left, right) =>
        left.Bytes != right.Bytes ? left.Bytes.CompareTo(right.Bytes) : left.Number.CompareTo(right.Number)));

    private long _shareNumber;

    /// <summary>Items of all peers.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of all peers.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of one peer.</summary>
    public long BytesOf(PeerId owner) => _shares.TryGetValue(owner, out var share) ? share.Bytes : 0;

    /// <summary>Takes an item in.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="item">The item.</param>
    /// <param name="bytes">What it counts.</param>
    /// <param name="evict">Called for items of others that went for it; they are out already.</param>
    /// <param name="slot">Takes it out again.</param>
    public StoreOutcome Add(PeerId owner, T item, long bytes, Action<T> evict, out Slot? slot)
    {
        slot = null;
        var own = BytesOf(owner) + bytes;
        if (own > limits.MaxBytesPerPeer)
            return StoreOutcome.PeerFull;
        while (Count >= limits.MaxRecords || Bytes + bytes > limits.MaxBytes)
        {
            if (_bySize.Max is not { } greatest || greatest.Owner == owner || greatest.Bytes <= own)
                return StoreOutcome.Full;
            var oldest = greatest.Items.First!.Value;
            Remove(oldest);
            evict(oldest.Item);
        }

        if (!_shares.TryGetValue(owner, out var share))
            _shares.Add(owner, share = new Share(owner, _shareNumber++));
        slot = new Slot(share, item, bytes);
        slot.Node = share.Items.AddLast(slot);
        Resize(share, bytes);
        Count++;
        return StoreOutcome.Stored;
    }

    /// <summary>Takes an item out.</summary>
    public void Remove(Slot slot)
    {
        if (slot.Node is null)
            return;
        slot.Share.Items.Remove(slot.Node);
        slot.Node = null;
        Resize(slot.Share, -slot.Bytes);
        Count--;
    }

    private void Resize(Share share, long bytes)
    {
        _bySize.Remove(share);
        share.Bytes += bytes;
        Bytes += bytes;
        if (share.Items.Count > 0)
            _bySize.Add(share);
        else
            _shares.Remove(share.Owner);
    }

    /// <summary>An item's place.</summary>
    internal sealed class Slot(Share share, T item, long bytes)
    {
        public Share Share { get; } = share;

        public T Item { get; } = item;

        public long Bytes { get; } = bytes;

        public LinkedListNode<Slot>? Node { get; set; }
    }

    /// <summary>All that one peer has.</summary>
    internal sealed class Share(PeerId owner, long number)
    {
        public PeerId Owner { get; } = owner;

        public long Number { get; } = number;

        public long Bytes { get; set; }

        /// <summary>In the order in which they came.</summary>
        public LinkedList<Slot> Items { get; } = [];
    }
}
