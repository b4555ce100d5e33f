using CsCheck;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Lookups;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class ClosestPeersLookupTests
{
    private static readonly Instant Start = new(0);
    private static readonly PeerId Local = KadNetwork.RandomPeer(new Random(0));
    private static readonly KadKey Target = KadKey.Of("target"u8);

    /// <summary>Nearest first.</summary>
    private static readonly PeerId[] Peers = MakePeers(400);

    [TestMethod]
    public void With_nobody_to_ask_it_ends_at_once()
    {
        var lookup = Begin([]);
        Assert.AreEqual(LookupOutcome.Starved, lookup.Outcome);
        Assert.HasCount(0, lookup.GetClosest());
    }

    [TestMethod]
    public void It_asks_the_nearest_first_and_no_more_than_alpha_at_once()
    {
        var lookup = Begin(Peers.Reverse().Take(100));
        var asked = TakeAll(lookup, Start);
        CollectionAssert.AreEqual(Peers[300..310], asked);
        lookup.OnAnswered(asked[0], Peers[..20]);
        CollectionAssert.AreEqual(Peers[..1], TakeAll(lookup, Start));
    }

    [TestMethod]
    public void It_ends_when_the_twenty_nearest_have_answered()
    {
        var lookup = Begin(Peers[..40]);
        while (!lookup.IsFinished)
        {
            foreach (var peer in TakeAll(lookup, Start))
                lookup.OnAnswered(peer, Peers[..20]);
        }

        Assert.AreEqual(LookupOutcome.Converged, lookup.Outcome);
        Assert.AreEqual(20, lookup.Requests);
        CollectionAssert.AreEqual(Peers[..20], lookup.GetClosest().ToArray());
    }

    [TestMethod]
    public void The_dead_are_not_among_the_result()
    {
        var dead = Peers[..20].Where((_, i) => i % 3 == 0).ToHashSet();
        var lookup = Begin(Peers[..60]);
        while (!lookup.IsFinished)
        {
            foreach (var peer in TakeAll(lookup, Start))
            {
                if (dead.Contains(peer))
                    lookup.OnFailed(peer);
                else
                    lookup.OnAnswered(peer, []);
            }
        }

        CollectionAssert.AreEqual(Peers.Except(dead).Take(20).ToArray(), lookup.GetClosest().ToArray());
    }

    [TestMethod]
    public void Silent_servers_are_overtaken_and_a_lookup_with_eight_good_and_four_silent_ones_ends_in_under_five_seconds()
    {
        var silent = Peers[..12].Where((_, i) => i % 3 == 0).ToHashSet();
        var lookup = Begin(Peers[..12]);
        var now = Start;
        while (!lookup.IsFinished)
        {
            var asked = TakeAll(lookup, now);
            foreach (var peer in asked.Where(peer => !silent.Contains(peer)))
                lookup.OnAnswered(peer, []);
            if (!lookup.IsFinished && asked.All(silent.Contains))
            {
                now = lookup.NextDeadline!.Value;
                lookup.HandleDeadline(now);
            }
        }

        Assert.IsLessThan(TimeSpan.FromSeconds(5), now - Start);
        CollectionAssert.AreEqual(Peers[..12].Except(silent).ToArray(), lookup.GetClosest().ToArray());
    }

    [TestMethod]
    public void A_late_answer_still_counts()
    {
        var lookup = Begin(Peers[..2]);
        TakeAll(lookup, Start);
        lookup.HandleDeadline(Start + TimeSpan.FromSeconds(4));
        Assert.IsFalse(lookup.IsFinished, "Everybody is slow: it is the network.");
        lookup.OnAnswered(Peers[0], []);
        Assert.IsTrue(lookup.IsFinished);
        CollectionAssert.AreEqual(Peers[..1], lookup.GetClosest().ToArray());
    }

    [TestMethod]
    public void A_peer_that_stays_silent_fails_after_ten_seconds()
    {
        var lookup = Begin(Peers[..1]);
        TakeAll(lookup, Start);
        Assert.AreEqual(Start + TimeSpan.FromSeconds(3), lookup.NextDeadline);
        Assert.HasCount(0, lookup.HandleDeadline(Start + TimeSpan.FromSeconds(3)));
        Assert.AreEqual(Start + TimeSpan.FromSeconds(10), lookup.NextDeadline);
        CollectionAssert.AreEqual(Peers[..1], lookup.HandleDeadline(Start + TimeSpan.FromSeconds(10)).ToArray());
        Assert.AreEqual(LookupOutcome.Starved, lookup.Outcome);
        Assert.AreEqual(1, lookup.Failures);
    }

    [TestMethod]
    public void When_its_time_is_over_it_keeps_what_it_has()
    {
        var lookup = Begin(Peers[..5], new LookupOptions { Timeout = TimeSpan.FromSeconds(2) });
        TakeAll(lookup, Start);
        lookup.OnAnswered(Peers[2], []);
        lookup.HandleDeadline(Start + TimeSpan.FromSeconds(2));
        Assert.AreEqual(LookupOutcome.TimedOut, lookup.Outcome);
        CollectionAssert.AreEqual(new[] { Peers[2] }, lookup.GetClosest().ToArray());
        lookup.OnAnswered(Peers[0], Peers);
        Assert.IsFalse(lookup.TryNextRequest(Start, out _));
    }

    [TestMethod]
    public void Neither_the_node_itself_nor_the_answerer_is_asked_for_being_named()
    {
        var lookup = Begin(Peers[5..6]);
        TakeAll(lookup, Start);
        lookup.OnAnswered(Peers[5], [Local, Peers[5], Peers[5]]);
        Assert.IsTrue(lookup.IsFinished);
        Assert.AreEqual(1, lookup.Requests);
    }

    [TestMethod]
    public void Two_colluders_who_name_each_other_for_ever_end_it()
    {
        var lookup = Begin(Peers[5..6]);
        for (var i = 0; i < 100 && !lookup.IsFinished; i++)
        {
            foreach (var peer in TakeAll(lookup, Start))
                lookup.OnAnswered(peer, [Peers[5], Peers[6]]);
        }

        Assert.AreEqual(2, lookup.Requests);
    }

    [TestMethod]
    public void A_liar_who_invents_near_peers_costs_few_requests()
    {
        // The liar names forty that do not exist, all nearer than anybody. The others are honest.
        var invented = Peers[..40];
        var honest = Peers[100..140];
        var lookup = Begin(honest);
        while (!lookup.IsFinished)
        {
            foreach (var peer in TakeAll(lookup, Start))
            {
                if (invented.Contains(peer))
                    lookup.OnFailed(peer);
                else
                    lookup.OnAnswered(peer, peer == honest[0] ? invented : honest[..20]);
            }
        }

        Assert.AreEqual(LookupOutcome.Converged, lookup.Outcome);
        CollectionAssert.AreEqual(honest[..20], lookup.GetClosest().ToArray());
        Assert.IsLessThanOrEqualTo(15, lookup.Failures);
    }

    [TestMethod]
    public void In_a_network_that_is_mostly_dead_the_few_living_are_found_though_everybody_names_the_dead()
    {
        var random = new Random(3);
        var living = Peers.Where(_ => random.NextDouble() < 0.15).ToHashSet();
        var lookup = Begin(living.Reverse().Take(3));
        while (!lookup.IsFinished)
        {
            foreach (var peer in TakeAll(lookup, Start))
            {
                if (living.Contains(peer))
                    lookup.OnAnswered(peer, Peers.Where(_ => random.NextDouble() < 0.3).Take(20));
                else
                    lookup.OnFailed(peer);
            }
        }

        Assert.IsGreaterThan(3, lookup.GetClosest().Count);
    }

    [TestMethod]
    public void An_endless_supply_of_nearer_peers_ends_with_the_requests_it_may_make()
    {
        var lookup = Begin(Peers[^1..], new LookupOptions { MaxRequests = 50 });
        var next = Peers.Length - 2;
        while (!lookup.IsFinished)
        {
            foreach (var peer in TakeAll(lookup, Start))
                lookup.OnAnswered(peer, [Peers[next--], Peers[next--]]);
        }

        Assert.AreEqual(LookupOutcome.Exhausted, lookup.Outcome);
        Assert.AreEqual(50, lookup.Requests);
    }

    [TestMethod]
    public void With_a_region_all_peers_in_it_are_asked()
    {
        var radius = KadKey.Of(Peers[59]).DistanceTo(Target);
        var lookup = Begin(Peers[..100], new LookupOptions { Radius = radius });
        while (!lookup.IsFinished)
        {
            foreach (var peer in TakeAll(lookup, Start))
                lookup.OnAnswered(peer, []);
        }

        CollectionAssert.AreEqual(Peers[..60], lookup.GetClosest().ToArray());
    }

    [TestMethod]
    public void Whatever_peers_do_it_ends_and_asks_nobody_twice()
    {
        Gen.Int.Sample(
            seed =>
            {
                var random = new Random(seed);
                var lookup = Begin(Peers.Where(_ => random.NextDouble() < 0.05), new LookupOptions { Count = 8, Alpha = 3, MaxRequests = 60 });
                var now = Start;
                var asked = new HashSet<PeerId>();
                var pending = new List<PeerId>();
                for (var step = 0; !lookup.IsFinished; step++)
                {
                    while (lookup.TryNextRequest(now, out var peer))
                    {
                        if (!asked.Add(peer))
                            return false;
                        pending.Add(peer);
                    }

                    if (step > 10_000 || pending.Count > 9)
                        return false;
                    if (lookup.IsFinished)
                        break;
                    if (pending.Count > 0 && random.Next(3) > 0)
                    {
                        var peer = pending[random.Next(pending.Count)];
                        pending.Remove(peer);
                        if (random.Next(3) == 0)
                            lookup.OnFailed(peer);
                        else
                            lookup.OnAnswered(peer, Peers.Where(_ => random.NextDouble() < 0.03));
                    }
                    else
                    {
                        now = lookup.NextDeadline!.Value;
                        foreach (var silent in lookup.HandleDeadline(now))
                            pending.Remove(silent);
                    }
                }

                var closest = lookup.GetClosest();
                return closest.Count <= 8 && closest.All(asked.Contains) && asked.Count == lookup.Requests
                    && closest.SequenceEqual(closest.OrderBy(peer => KadKey.Of(peer).DistanceTo(Target)));
            },
            iter: 300);
    }

    private static ClosestPeersLookup Begin(IEnumerable<PeerId> seeds, LookupOptions? options = null) => new(Target, Local, seeds, options ?? new LookupOptions(), Start);

    private static PeerId[] TakeAll(ClosestPeersLookup lookup, Instant now)
    {
        var taken = new List<PeerId>();
        while (lookup.TryNextRequest(now, out var peer))
            taken.Add(peer);
        return [.. taken];
    }

    private static PeerId[] MakePeers(int count)
    {
        var random = new Random(9);
        return [.. Enumerable.Range(0, count).Select(_ => KadNetwork.RandomPeer(random)).OrderBy(peer => KadKey.Of(peer).DistanceTo(Target))];
    }
}
