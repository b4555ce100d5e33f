using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Table;

namespace PeerNet.UnitTests.Protocols.Kad;

/// <summary>
/// A network of many nodes without sockets: full tables, made when a node is first asked from a random sample of the network, a part of
/// the nodes dead, answers that take their time in virtual time.
/// </summary>
internal sealed class KadNetwork
{
    private static readonly Instant Start = new(0);

    private readonly Random _random;
    private readonly int _seed;
    private readonly PeerId[] _peers;
    private readonly KadKey[] _keys;
    private readonly Dictionary<PeerId, int> _indices;

    public KadNetwork(int size, double dead, int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _peers = [.. Enumerable.Range(0, size).Select(_ => RandomPeer(_random)).OrderBy(peer => KadKey.Of(peer).ToString(), StringComparer.Ordinal)];
        _keys = [.. _peers.Select(KadKey.Of)];
        _indices = _peers.Select((peer, index) => (peer, index)).ToDictionary(pair => pair.peer, pair => pair.index);
        Dead = [.. _peers.Where(_ => _random.NextDouble() < dead)];
    }

    public HashSet<PeerId> Dead { get; }

    /// <summary>What liars answer; null lets them answer as everybody does.</summary>
    public Func<PeerId, KadKey, IEnumerable<PeerId>?>? Liar { get; set; }

    public IReadOnlyList<PeerId> Peers => _peers;

    public static PeerId RandomPeer(Random random)
    {
        var digest = new byte[32];
        random.NextBytes(digest);
        Assert.IsTrue(PeerId.TryDecode(Multihash.FromDigest(MultihashCode.Sha256, digest).Bytes.Span, out var peer));
        return peer;
    }

    public PeerId RandomLiving()
    {
        while (true)
        {
            var peer = _peers[_random.Next(_peers.Length)];
            if (!Dead.Contains(peer))
                return peer;
        }
    }

    public KadKey RandomKey()
    {
        var bytes = new byte[KadKey.Bytes];
        _random.NextBytes(bytes);
        return KadKey.FromHash(bytes);
    }

    /// <summary>The living nodes nearest to a key.</summary>
    public HashSet<PeerId> TrueClosest(KadKey target, PeerId except, int count = KadProtocol.BucketSize)
    {
        // Nodes are in the order of their keys, so the nearest are in the neighbourhood of the key's own place.
        var at = Array.BinarySearch(_keys, target, KeyOrder.Instance);
        at = at < 0 ? ~at : at;
        var window = 64 * count;
        return [.. Enumerable.Range(Math.Max(0, at - window), Math.Min(_peers.Length, at + window) - Math.Max(0, at - window))
            .Where(i => !Dead.Contains(_peers[i]) && _peers[i] != except)
            .OrderBy(i => _keys[i].DistanceTo(target))
            .Take(count)
            .Select(i => _peers[i])];
    }

    /// <summary>A full table: of every bucket as many random peers as fit.</summary>
    public RoutingTable TableOf(PeerId owner)
    {
        var table = new RoutingTable(owner);
        var random = new Random(_seed ^ owner.GetHashCode());
        var (low, high) = (0, _peers.Length);
        for (var bit = 0; high - low > 1; bit++)
        {
            // The owner's own half on, the other half is the bucket.
            var middle = FirstWithBit(low, high, bit);
            var own = _indices[owner];
            var (from, to) = own < middle ? (middle, high) : (low, middle);
            (low, high) = own < middle ? (low, middle) : (middle, high);
            foreach (var index in Sample(random, from, to, KadProtocol.BucketSize))
            {
                Assert.AreEqual(Consideration.CheckDue, table.Consider(_peers[index], [], Start));
                Assert.IsTrue(table.OnAnswered(_peers[index], Start));
            }
        }

        return table;
    }

    /// <summary>Runs a lookup. All requests take the same time: a round after the other.</summary>
    public ClosestPeersLookup Run(PeerId from, KadKey target, LookupOptions options) => Run(from, target, options, () => TimeSpan.FromMilliseconds(100));

    /// <summary>Runs a lookup with a duration for every answer; a dead peer is found out after the same time.</summary>
    public ClosestPeersLookup Run(PeerId from, KadKey target, LookupOptions options, Func<TimeSpan> latency)
    {
        var now = Start;
        var lookup = new ClosestPeersLookup(target, from, TableOf(from).Closest(target, options.Count), options, now);
        var answers = new PriorityQueue<PeerId, (long At, int Order)>();
        var order = 0;
        while (!lookup.IsFinished)
        {
            while (lookup.TryNextRequest(now, out var peer))
                answers.Enqueue(peer, ((now + latency()).Ticks, order++));
            if (lookup.IsFinished)
                break;
            Assert.IsTrue(answers.TryPeek(out _, out var next), "A lookup that runs waits for something.");
            now = Instant.Min(new Instant(next.At), lookup.NextDeadline ?? Instant.MaxValue);
            lookup.HandleDeadline(now);

            // What arrives at the same moment is told before the next request is made, as a driver does that drains its queue.
            while (answers.TryPeek(out var answerer, out next) && next.At <= now.Ticks)
            {
                answers.Dequeue();
                Answer(lookup, answerer, target, from);
            }
        }

        return lookup;
    }

    private void Answer(ClosestPeersLookup lookup, PeerId peer, KadKey target, PeerId asker)
    {
        if (Dead.Contains(peer) || !_indices.ContainsKey(peer))
        {
            lookup.OnFailed(peer);
            return;
        }

        lookup.OnAnswered(peer, Liar?.Invoke(peer, target) ?? TableOf(peer).Closest(target, KadProtocol.BucketSize, asker));
    }

    private static IEnumerable<int> Sample(Random random, int from, int to, int count)
    {
        if (to - from <= count)
            return Enumerable.Range(from, to - from);
        var chosen = new HashSet<int>();
        while (chosen.Count < count)
            chosen.Add(random.Next(from, to));
        return chosen;
    }

    private int FirstWithBit(int low, int high, int bit)
    {
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (HasBit(_keys[middle], bit))
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private static bool HasBit(KadKey key, int bit)
    {
        Span<byte> bytes = stackalloc byte[KadKey.Bytes];
        key.CopyTo(bytes);
        return (bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;
    }

    private sealed class KeyOrder : IComparer<KadKey>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare(KadKey x, KadKey y) => x.DistanceTo(default).CompareTo(y.DistanceTo(default));
    }
}
