using CsCheck;
using Microsoft.Extensions.Time.Testing;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Dht;

namespace PeerNet.UnitTests.Hivemind.Dht;

/// <summary>Searches in a network that is a table of who knows whom; answers arrive in an order that a seed decides, in virtual time.</summary>
[TestClass]
public sealed class BeamTraversalTests
{
    [TestMethod]
    public void Finds_the_nearest_nodes_whatever_the_order_of_answers()
        => Gen.Select(Gen.Int[1, 4], Gen.Int[0, 100_000]).Sample((workers, seed) =>
        {
            var network = new VirtualNetwork(120, 20, seed);
            var machine = new BeamTraversal(20, 1, workers, default);
            var key = DhtId.OfKey(seed);
            machine.Add(key, network.Nodes.Take(3));
            network.Run(machine);
            Assert.IsTrue(machine.AllFinished);
            CollectionAssert.AreEqual(network.Nodes.OrderBy(node => node.DistanceTo(key)).Take(5).ToArray(), machine.Beam(key).Take(5).ToArray());
        }, iter: 200);

    [TestMethod]
    public void Several_searches_share_calls()
    {
        var network = new VirtualNetwork(60, 20, 1);
        var machine = new BeamTraversal(20, 4, 4, default);
        var keys = Enumerable.Range(0, 16).Select(i => DhtId.OfKey(i)).ToArray();
        foreach (var key in keys)
            machine.Add(key, network.Nodes.Take(5));
        var calls = network.Run(machine);
        Assert.IsTrue(keys.All(machine.IsFinished));
        Assert.IsLessThan(16 * 20, calls);
    }

    [TestMethod]
    public void Nobody_is_asked_twice_and_never_oneself()
    {
        var network = new VirtualNetwork(60, 20, 2);
        var machine = new BeamTraversal(10, 1, 3, network.Nodes[0]);
        machine.Add(DhtId.OfKey("k"), network.Nodes);
        network.Run(machine);
        Assert.AreEqual(network.Asked.Count, network.Asked.Distinct().Count());
        Assert.IsFalse(network.Asked.Contains(network.Nodes[0]));
    }

    [TestMethod]
    public void A_finished_search_asks_no_more()
    {
        var network = new VirtualNetwork(60, 20, 3);
        var machine = new BeamTraversal(20, 1, 1, default);
        var key = DhtId.OfKey("k");
        machine.Add(key, network.Nodes);
        Assert.IsTrue(machine.TryNext(out var call));
        machine.Finish(key);
        machine.OnAnswer(call, [network.Nodes]);
        Assert.IsFalse(machine.TryNext(out _));
        Assert.IsTrue(machine.AllFinished);
    }

    [TestMethod]
    public void Liars_that_name_ever_nearer_nodes_end_the_search_at_its_limit()
    {
        var machine = new BeamTraversal(20, 1, 4, default);
        var key = DhtId.OfKey("k");
        machine.Add(key, [DhtId.OfKey(0)]);
        var calls = 0;
        var next = uint.MaxValue;
        while (machine.TryNext(out var call))
        {
            calls++;
            machine.OnAnswer(call, [[.. Enumerable.Range(0, 20).Select(_ => key.DistanceTo(new DhtId(0, next--)))]]);
        }

        Assert.AreEqual(BeamTraversal.MaxCallsPerQuery, calls);
    }

    [TestMethod]
    public void A_network_that_does_not_answer_ends_the_search()
    {
        var machine = new BeamTraversal(20, 1, 4, default);
        machine.Add(DhtId.OfKey("k"), Enumerable.Range(0, 5).Select(i => DhtId.OfKey(i)));
        var calls = 0;
        while (machine.TryNext(out var call))
        {
            calls++;
            machine.OnAnswer(call, null);
        }

        Assert.AreEqual(5, calls);
        Assert.IsTrue(machine.AllFinished);
        new BeamTraversal(20, 1, 4, default).Add(DhtId.OfKey("empty"), []);
    }

    [TestMethod]
    public void Bans_double_and_an_answer_clears_them()
    {
        var time = new FakeTimeProvider();
        var list = new PeerBlacklist(TimeSpan.FromSeconds(5), 2, 3);
        var peer = DhtRoutingTableTests.PeerOf(1);
        foreach (var seconds in new[] { 5, 10, 20, 40 })
        {
            list.OnFailure(peer, time.GetInstant());
            list.OnFailure(peer, time.GetInstant());
            time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.IsTrue(list.IsBanned(peer, time.GetInstant()));
            time.Advance(TimeSpan.FromTicks(1));
            Assert.IsFalse(list.IsBanned(peer, time.GetInstant()));
        }

        list.OnAnswer(peer);
        Assert.AreEqual(0, list.Count);
        for (var i = 0; i < 50; i++)
            list.OnFailure(DhtRoutingTableTests.PeerOf(i), time.GetInstant());
        Assert.AreEqual(3, list.Count);
    }

    [TestMethod]
    public void Cached_keys_are_due_before_they_end()
    {
        var queue = new CacheRefreshQueue(TimeSpan.FromSeconds(5), 2);
        queue.Schedule(DhtId.OfKey("a"), new DhtExpiration(100));
        queue.Schedule(DhtId.OfKey("b"), new DhtExpiration(50));
        queue.Schedule(DhtId.OfKey("c"), new DhtExpiration(10));
        queue.Schedule(DhtId.OfKey("b"), new DhtExpiration(200));
        Assert.AreEqual(new DhtExpiration(95), queue.NextDue);
        Assert.IsEmpty(queue.TakeDue(new DhtExpiration(94), 16));
        Assert.AreEqual(DhtId.OfKey("a"), queue.TakeDue(new DhtExpiration(95), 16).Single().Key);
        Assert.AreEqual(new DhtExpiration(195), queue.NextDue);
    }

    private sealed class VirtualNetwork
    {
        private readonly Dictionary<DhtId, DhtId[]> _knows;
        private readonly Random _random;

        public VirtualNetwork(int nodes, int known, int seed)
        {
            _random = new Random(seed);
            Nodes = [.. Enumerable.Range(0, nodes).Select(i => DhtRoutingTableTests.IdOf($"{seed}/{i}"))];

            // Half of what a node knows is near to it, half is anywhere: what a routing table converges to.
            _knows = Nodes.ToDictionary(node => node, node => Nodes.Where(other => other != node).OrderBy(other => other.DistanceTo(node)).Take(known / 2)
                .Concat(Nodes.Where(other => other != node).OrderBy(_ => _random.Next()).Take(known)).Distinct().ToArray());
        }

        public DhtId[] Nodes { get; }

        public List<DhtId> Asked { get; } = [];

        public int Run(BeamTraversal machine)
        {
            var flight = new PriorityQueue<BeamCall, Instant>();
            var now = new Instant(0);
            while (true)
            {
                while (machine.TryNext(out var call))
                {
                    Asked.Add(call.Node);
                    flight.Enqueue(call, now + TimeSpan.FromMilliseconds(_random.Next(1, 500)));
                }

                if (!flight.TryDequeue(out var arrived, out now))
                    return Asked.Count;
                machine.OnAnswer(arrived, [.. arrived.Queries.Select(key => _knows[arrived.Node].OrderBy(node => node.DistanceTo(key)).Take(20).ToArray())]);
            }
        }
    }
}
