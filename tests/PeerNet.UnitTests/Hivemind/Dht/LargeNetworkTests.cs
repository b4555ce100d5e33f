using PeerNet.Hivemind.Dht;

namespace PeerNet.UnitTests.Hivemind.Dht;

/// <summary>Searches in a network of two thousand nodes with real tables, in virtual time: whether they find, how far they go and what they cost.</summary>
[TestClass]
public sealed class LargeNetworkTests
{
    private const int Nodes = 2000;
    private const int Searches = 100;
    private const int Replicas = 5;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    [DataRow(0.0, 0.99)]
    [DataRow(0.2, 0.95)]
    public void Two_thousand_nodes_find_what_is_nearest(double silent, double expected)
    {
        var random = new Random(7);
        var ids = Enumerable.Range(0, Nodes).Select(i => DhtId.OfKey(i)).ToArray();
        Array.Sort(ids);
        var places = ids.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        var tables = ids.Select(id => new DhtRoutingTable(id, 20, 5)).ToArray();
        for (var i = 0; i < Nodes; i++)
        {
            // Everybody has met its neighbours, as its own search at the start finds them, and a hundred others; full buckets keep whom they met first.
            for (var met = 0; met < 100; met++)
                Meet(tables, ids, i, random.Next(Nodes));
            for (var near = 1; near <= 20; near++)
                Meet(tables, ids, i, (i + near) % Nodes);
        }

        var isSilent = ids.Select(_ => random.NextDouble() < silent).ToArray();
        var found = 0;
        var calls = new List<int>();
        var hops = new List<int>();
        var times = new List<double>();
        for (var search = 0; search < Searches; search++)
        {
            var key = DhtId.OfKey($"key {search}");
            var start = random.Next(Nodes);
            var machine = new BeamTraversal(20, 1, 4, ids[start]);
            var depth = new Dictionary<DhtId, int>();
            var seeds = tables[start].Nearest(key, 20).Select(node => node.Id).ToArray();
            foreach (var seed in seeds)
                depth[seed] = 1;
            machine.Add(key, seeds);
            var (made, time) = Run(machine, key, depth, call => isSilent[places[call]] ? null : tables[places[call]].Nearest(key, 20).Select(node => node.Id).ToArray(), random);
            var nearest = ids.Where((_, i) => !isSilent[i]).OrderBy(id => id.DistanceTo(key)).Take(Replicas).ToArray();
            found += nearest.All(id => machine.Beam(key).Contains(id) || id == ids[start]) ? 1 : 0;
            calls.Add(made);
            hops.Add(nearest.Max(id => depth.GetValueOrDefault(id)));
            times.Add(time);
        }

        TestContext.WriteLine($"{Nodes} nodes, {silent:P0} silent: {found} of {Searches} searches found the {Replicas} nearest; calls median {Median(calls)}, most {calls.Max()}; "
            + $"hops median {Median(hops)}, most {hops.Max()}; virtual time median {Median(times):F0} ms");
        Assert.IsGreaterThanOrEqualTo(expected, found / (double)Searches);
        Assert.IsLessThan(80, Median(calls));
        Assert.IsLessThan(8, hops.Max());
    }

    private static (int Calls, double Milliseconds) Run(BeamTraversal machine, DhtId key, Dictionary<DhtId, int> depth, Func<DhtId, DhtId[]?> ask, Random random)
    {
        var arrivals = new PriorityQueue<BeamCall, double>();
        var now = 0.0;
        var calls = 0;
        while (true)
        {
            while (machine.TryNext(out var call))
            {
                calls++;

                // A call that nobody answers costs its deadline.
                arrivals.Enqueue(call, now + (ask(call.Node) is null ? 3000 : 20 + (200 * random.NextDouble())));
            }

            if (machine.AllFinished || !arrivals.TryDequeue(out var answered, out now))
                return (calls, now);
            var answer = ask(answered.Node);
            foreach (var node in answer ?? [])
                depth.TryAdd(node, depth[answered.Node] + 1);
            machine.OnAnswer(answered, answer is null ? null : [answer]);
        }
    }

    private static void Meet(DhtRoutingTable[] tables, DhtId[] ids, int node, int other)
    {
        if (node == other)
            return;
        tables[node].AddOrUpdate(new DhtNodeAddress(ids[other], DhtRoutingTableTests.PeerOf(other)));
        tables[other].AddOrUpdate(new DhtNodeAddress(ids[node], DhtRoutingTableTests.PeerOf(node)));
    }

    private static T Median<T>(List<T> values) => values.Order().ElementAt(values.Count / 2);
}
