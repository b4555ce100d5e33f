using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Table;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class TableUpkeepTests
{
    private static readonly Instant Start = new(0);

    [TestMethod]
    public void An_empty_table_has_nobody_to_ask_and_the_first_peer_is_asked_at_once()
    {
        var (table, schedule) = Begin();
        Assert.IsFalse(schedule.TryTake(Start, out _));
        Add(table, 1);
        Assert.IsTrue(schedule.TryTake(Start, out var bucket));
        Assert.IsNull(bucket);
        Assert.IsFalse(schedule.TryTake(Start, out _));
    }

    [TestMethod]
    public void While_there_are_few_peers_each_new_one_is_a_reason_to_look_again_but_not_each_at_once()
    {
        var (table, schedule) = Begin();
        Add(table, 1);
        schedule.TryTake(Start, out _);
        Add(table, 3);
        Assert.IsFalse(schedule.TryTake(Start, out _));
        Assert.AreEqual(Start + TimeSpan.FromSeconds(1), schedule.NextDeadline);
        Assert.IsTrue(schedule.TryTake(Start + TimeSpan.FromSeconds(1), out _));
        Assert.IsTrue(schedule.IsLow);
    }

    [TestMethod]
    public void While_there_are_few_peers_they_are_asked_again_soon_and_then_ever_more_seldom()
    {
        var (table, schedule) = Begin();
        Add(table, 3);
        var times = new List<TimeSpan>();
        for (var second = 0; second < 900; second++)
        {
            if (schedule.TryTake(Start + TimeSpan.FromSeconds(second), out _))
                times.Add(TimeSpan.FromSeconds(second));
        }

        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(2), times[1]);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromSeconds(7), times[2]);
        Assert.IsLessThanOrEqualTo(15, times.Count);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromMinutes(2), times.Zip(times.Skip(1)).Max(pair => pair.Second - pair.First));
    }

    [TestMethod]
    public void Every_bucket_outside_the_own_neighbourhood_is_looked_into_once_in_an_interval()
    {
        var network = new KadNetwork(2_000, dead: 0, seed: 3);
        var table = network.TableOf(network.Peers[0]);
        var schedule = new RefreshSchedule(table, new RefreshOptions(), new Random(1), Start);
        var buckets = TakeAll(schedule, Start);
        Assert.IsTrue(buckets.Contains(null));
        CollectionAssert.IsSubsetOf(Enumerable.Range(0, 6).Cast<int?>().ToArray(), buckets);
        Assert.IsLessThanOrEqualTo(10, buckets.Count);
        Assert.IsGreaterThan(Start + TimeSpan.FromMinutes(8), schedule.NextDeadline);
        schedule.OnLookup(KadKey.Of(network.Peers[1000]), Start + TimeSpan.FromMinutes(9));
        Assert.IsLessThan(buckets.Count, TakeAll(schedule, Start + TimeSpan.FromMinutes(10)).Count, "The bucket of another lookup is fresh.");
    }

    [TestMethod]
    [DataRow(200)]
    [DataRow(5_000)]
    public void The_size_of_the_network_is_estimated_within_a_fifth(int size)
    {
        var network = new KadNetwork(size, dead: 0, seed: 5);
        var estimator = new NetworkSizeEstimator();
        for (var i = 0; i < 40; i++)
            Observe(estimator, network, Start);
        Assert.AreEqual(size, estimator.Estimate!.Value, size * 0.2);
        var radius = estimator.RadiusFor(20)!.Value;
        var within = Enumerable.Range(0, 20).Average(_ =>
        {
            var target = network.RandomKey();
            return network.Peers.Count(peer => KadKey.Of(peer).DistanceTo(target) <= radius);
        });
        Assert.AreEqual(20, within, 6);
    }

    [TestMethod]
    public void Poisoned_samples_move_the_estimate_by_no_more_than_a_factor_of_two_in_ten_minutes()
    {
        var network = new KadNetwork(1_000, dead: 0, seed: 5);
        var estimator = new NetworkSizeEstimator();
        for (var i = 0; i < 10; i++)
            Observe(estimator, network, Start);
        var before = estimator.Estimate!.Value;
        var target = network.RandomKey();
        var near = network.TrueClosest(target, network.Peers[0], 1).Select(KadKey.Of).Single();
        for (var i = 0; i < 200; i++)
            estimator.OnLookup(near, [.. Enumerable.Repeat(near, 19), target], Start + TimeSpan.FromSeconds(3 * i));
        Assert.IsLessThanOrEqualTo(before * 2.001, estimator.Estimate!.Value);
        Assert.IsGreaterThan(before, estimator.Estimate!.Value);
    }

    [TestMethod]
    public void Sybils_nearest_to_a_key_do_not_keep_a_lookup_of_its_region_from_the_honest_holders()
    {
        const int honestCount = 3_000;
        const int sybilCount = 60;
        var network = new KadNetwork(honestCount, dead: 0, seed: 11);
        var target = network.RandomKey();
        var random = new Random(12);
        var sybils = new HashSet<PeerId>();
        while (sybils.Count < sybilCount)
        {
            var id = KadNetwork.RandomPeer(random);
            if (KadKey.Of(id).CommonPrefixLength(target) >= 12)
                sybils.Add(id);
        }

        // Everybody near knows the Sybils, and the Sybils name one another only.
        var from = network.RandomLiving();
        var radius = Distance.FromFraction(20.0 / honestCount);
        var holders = network.TrueClosest(target, from);
        var lookup = new ClosestPeersLookup(target, from, network.TableOf(from).Closest(target, 20), new LookupOptions { Radius = radius }, Start);
        while (!lookup.IsFinished)
        {
            while (lookup.TryNextRequest(Start, out var peer))
            {
                if (sybils.Contains(peer))
                    lookup.OnAnswered(peer, sybils);
                else
                    lookup.OnAnswered(peer, network.TableOf(peer).Closest(target, 20).Concat(sybils.Take(20)));
            }
        }

        var reached = lookup.GetClosest().ToHashSet();
        Assert.IsTrue(sybils.All(reached.Contains));
        var inRegion = holders.Where(peer => KadKey.Of(peer).DistanceTo(target) <= radius).ToArray();
        Assert.IsGreaterThan(10, inRegion.Length);
        Assert.IsTrue(inRegion.All(reached.Contains));
        Assert.IsLessThanOrEqualTo(sybilCount + 60, lookup.Requests);
    }

    private static void Observe(NetworkSizeEstimator estimator, KadNetwork network, Instant now)
    {
        var target = network.RandomKey();
        estimator.OnLookup(target, [.. network.TrueClosest(target, KadNetwork.RandomPeer(new Random(0))).Select(KadKey.Of).OrderBy(key => key.DistanceTo(target))], now);
    }

    private static List<int?> TakeAll(RefreshSchedule schedule, Instant now)
    {
        var taken = new List<int?>();
        while (schedule.TryTake(now, out var bucket))
            taken.Add(bucket);
        return taken;
    }

    private static (RoutingTable Table, RefreshSchedule Schedule) Begin()
    {
        var table = new RoutingTable(KadNetwork.RandomPeer(new Random(1)));
        return (table, new RefreshSchedule(table, new RefreshOptions(), new Random(2), Start));
    }

    private static void Add(RoutingTable table, int count)
    {
        var random = new Random(table.Count + 10);
        for (var i = 0; i < count; i++)
        {
            var peer = KadNetwork.RandomPeer(random);
            table.Consider(peer, [], Start);
            Assert.IsTrue(table.OnAnswered(peer, Start));
        }
    }
}
