using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Simulation.Network;

namespace PeerNet.Simulation.Nodes;

/// <summary>
/// Makes a network that has been running for long: every table is full of peers chosen by chance, and a part of all peers has died since.
/// </summary>
public static class RunningNetwork
{
    // How often a place in a bucket is offered before it stays empty: the limits of groups refuse a few.
    private const int Attempts = 3;

    /// <summary>Fills a world.</summary>
    /// <param name="world">The world.</param>
    /// <param name="count">Peers in all.</param>
    /// <param name="dead">The part of them that is dead and still in the tables; half of these refuse, half are silent.</param>
    public static void Fill(World world, int count, double dead)
    {
        ArgumentNullException.ThrowIfNull(world);
        var places = Enumerable.Range(0, count).Select(_ => new Place(world.Network.AddHost(), world.NewKey())).OrderBy(place => place.Key.DistanceTo(default)).ToArray();
        foreach (var place in places)
        {
            if (world.Random.NextDouble() < dead)
                world.Network.Fail(place.Host, world.Random.Next(2) == 0 ? HostState.Refusing : HostState.Silent);
            else
                place.Node = world.StartNode(place.Host, place.Identity);
        }

        for (var own = 0; own < places.Length; own++)
            places[own].Node?.Kad.FillTable(Members(world.Random, places, own));
    }

    // Peers are in the order of their keys: the other half of each range that the owner's own bits leave is a bucket.
    private static IEnumerable<(PeerId Peer, Multiaddress Address)> Members(Random random, Place[] places, int own)
    {
        var (low, high) = (0, places.Length);
        for (var bit = 0; high - low > 1; bit++)
        {
            var middle = FirstWithBit(places, low, high, bit);
            var (from, to) = own < middle ? (middle, high) : (low, middle);
            (low, high) = own < middle ? (low, middle) : (middle, high);
            foreach (var index in Sample(random, from, to, KadProtocol.BucketSize * Attempts))
                yield return (places[index].Identity.PeerId, places[index].Host.Address);
        }
    }

    private static IEnumerable<int> Sample(Random random, int from, int to, int count)
    {
        if (to - from <= count)
        {
            var all = Enumerable.Range(from, to - from).ToArray();
            random.Shuffle(all);
            return all;
        }

        var chosen = new HashSet<int>();
        while (chosen.Count < count)
            chosen.Add(random.Next(from, to));
        return chosen;
    }

    private static int FirstWithBit(Place[] places, int low, int high, int bit)
    {
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (places[middle].HasBit(bit))
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private sealed class Place
    {
        private readonly byte[] _bits = new byte[KadKey.Bytes];

        public Place(SimulatedHost host, PrivateKey identity)
        {
            Host = host;
            Identity = identity;
            Key = KadKey.Of(identity.PeerId);
            Key.CopyTo(_bits);
        }

        public SimulatedHost Host { get; }

        public PrivateKey Identity { get; }

        public KadKey Key { get; }

        public SimulatedNode? Node { get; set; }

        public bool HasBit(int bit) => (_bits[bit / 8] & (0x80 >> (bit % 8))) != 0;
    }
}
