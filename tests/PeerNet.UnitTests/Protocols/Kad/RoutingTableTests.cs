using CsCheck;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Table;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class RoutingTableTests
{
    private static readonly Instant Start = new(0);
    private readonly Random _random = new(7);
    private readonly PeerId _local = KadNetwork.RandomPeer(new Random(6));

    [TestMethod]
    public void A_peer_gets_its_place_only_when_it_has_answered()
    {
        var table = new RoutingTable(_local);
        var peer = RandomPeer();
        Assert.AreEqual(Consideration.CheckDue, table.Consider(peer, [], Start));
        Assert.IsFalse(table.Contains(peer));
        Assert.IsTrue(table.TryTakeCheck(Start, out var check));
        Assert.AreEqual(peer, check);
        Assert.IsFalse(table.TryTakeCheck(Start, out _), "It is being asked.");
        Assert.IsTrue(table.OnAnswered(peer, Start));
        Assert.IsTrue(table.Contains(peer));
        Assert.AreEqual(1, table.Count);
    }

    [TestMethod]
    public void A_peer_that_was_never_considered_does_not_enter_by_answering()
    {
        var table = new RoutingTable(_local);
        Assert.IsFalse(table.OnAnswered(RandomPeer(), Start));
        Assert.AreEqual(0, table.Count);
    }

    [TestMethod]
    public void The_node_itself_is_refused() => Assert.AreEqual(Consideration.Refused, new RoutingTable(_local).Consider(_local, [], Start));

    [TestMethod]
    public void A_full_bucket_of_living_peers_lets_newcomers_wait()
    {
        var table = FullBucket(out _);
        var late = PeerInBucket(0);
        Assert.AreEqual(Consideration.Waiting, table.Consider(late, [], Start));
        Assert.IsFalse(table.OnAnswered(late, Start));
        Assert.AreEqual(20, table.Count);
        Assert.AreEqual(1, table.WaitingCount);
    }

    [TestMethod]
    public void Who_waits_longest_goes_when_too_many_wait()
    {
        var table = FullBucket(out _);
        for (var i = 0; i < 1_000; i++)
            table.Consider(PeerInBucket(0), [], Start);
        Assert.AreEqual(8, table.WaitingCount);
        Assert.AreEqual(20, table.Count);
    }

    [TestMethod]
    public void Peers_that_come_all_at_once_are_all_asked_while_there_are_places()
    {
        var table = new RoutingTable(_local);
        var peers = Enumerable.Range(0, 20).Select(_ => PeerInBucket(0)).ToList();
        foreach (var peer in peers)
            Assert.AreEqual(Consideration.CheckDue, table.Consider(peer, [], Start));
        while (table.TryTakeCheck(Start, out var check))
            Assert.IsTrue(table.OnAnswered(check, Start));
        Assert.IsTrue(peers.TrueForAll(table.Contains));
    }

    [TestMethod]
    public void A_member_that_fails_makes_room_for_one_that_waits()
    {
        var table = FullBucket(out var members);
        var waiting = PeerInBucket(0);
        table.Consider(waiting, [], Start);
        table.OnFailed(members[3], Start);
        Assert.IsFalse(table.Contains(members[3]));
        Assert.IsTrue(table.TryTakeCheck(Start, out var check));
        Assert.AreEqual(waiting, check);
        Assert.IsTrue(table.OnAnswered(waiting, Start));
    }

    [TestMethod]
    public void A_member_that_failed_comes_back_when_it_answers_again_and_is_forgotten_when_it_goes_on_failing()
    {
        var table = new RoutingTable(_local);
        var peer = Join(table, RandomPeer());
        table.OnFailed(peer, Start);
        Assert.IsFalse(table.TryTakeCheck(Start, out _));
        var later = Start + TimeSpan.FromSeconds(30);
        Assert.AreEqual(later, table.NextDeadline);
        Assert.IsTrue(table.TryTakeCheck(later, out _));
        Assert.IsTrue(table.OnAnswered(peer, later));
        for (var i = 0; i < 3; i++)
            table.OnFailed(peer, later);
        Assert.AreEqual(0, table.WaitingCount);
        Assert.IsNull(table.NextDeadline);
    }

    [TestMethod]
    public void A_silent_member_gives_way_to_a_living_one_that_waits()
    {
        var table = FullBucket(out var members);
        var now = Start + TimeSpan.FromMinutes(25);
        foreach (var member in members.Skip(1))
            table.OnAnswered(member, now);
        var newcomer = PeerInBucket(0);
        Assert.AreEqual(Consideration.CheckDue, table.Consider(newcomer, [], now));
        Assert.IsTrue(table.OnAnswered(newcomer, now));
        Assert.IsFalse(table.Contains(members[0]));
        Assert.IsTrue(table.Contains(newcomer));
    }

    [TestMethod]
    public void Members_are_checked_when_they_have_not_answered_for_a_while_and_only_so_many_at_once()
    {
        var table = FullBucket(out _);
        Assert.AreEqual(Start + TimeSpan.FromMinutes(10), table.NextDeadline);
        var now = Start + TimeSpan.FromMinutes(10);
        var checks = 0;
        while (table.TryTakeCheck(now, out _))
            checks++;
        Assert.AreEqual(8, checks);
        Assert.IsNull(table.NextDeadline, "Nothing is due before a check has ended.");
    }

    [TestMethod]
    public void A_table_of_dead_peers_is_empty_after_its_checks()
    {
        var table = FullBucket(out _);
        var now = Start;
        while (table.NextDeadline is { } next)
        {
            now = next;
            while (table.TryTakeCheck(now, out var peer))
                table.OnFailed(peer, now);
        }

        Assert.AreEqual(0, table.Count + table.WaitingCount);
        Assert.IsLessThanOrEqualTo(TimeSpan.FromMinutes(20), now - Start);
    }

    [TestMethod]
    public void Two_peers_of_one_network_have_a_place_in_a_bucket_and_three_in_the_table()
    {
        var table = new RoutingTable(_local);
        Assert.IsTrue(Join(table, PeerInBucket(0), "/ip4/20.1.1.1/tcp/1", Consideration.CheckDue));
        Assert.IsTrue(Join(table, PeerInBucket(0), "/ip4/20.1.2.2/tcp/1", Consideration.CheckDue));
        Assert.IsFalse(Join(table, PeerInBucket(0), "/ip4/20.1.3.3/tcp/1", Consideration.TooManyOfGroup));
        Assert.IsTrue(Join(table, PeerInBucket(1), "/ip4/20.1.3.3/tcp/1", Consideration.CheckDue));
        Assert.IsFalse(Join(table, PeerInBucket(2), "/ip4/20.1.4.4/tcp/1", Consideration.TooManyOfGroup));
        Assert.IsTrue(Join(table, PeerInBucket(2), "/ip4/20.2.4.4/tcp/1", Consideration.CheckDue));
        Assert.AreEqual(4, table.Count);
    }

    [TestMethod]
    [DataRow("/ip4/127.0.0.1/tcp/1")]
    [DataRow("/ip4/192.168.1.1/tcp/1")]
    [DataRow("/ip6/fd00::1/tcp/1")]
    public void Neighbours_on_a_local_network_are_not_counted(string address)
    {
        var table = new RoutingTable(_local);
        for (var i = 0; i < 20; i++)
            Assert.IsTrue(Join(table, PeerInBucket(0), address, Consideration.CheckDue));
    }

    [TestMethod]
    public void A_place_in_a_group_is_free_again_when_its_peer_goes()
    {
        var table = new RoutingTable(_local);
        var first = PeerInBucket(0);
        Join(table, first, "/ip6/2a00:1::1/tcp/1", Consideration.CheckDue);
        Join(table, PeerInBucket(0), "/ip6/2a00:1::2/tcp/1", Consideration.CheckDue);
        Join(table, PeerInBucket(0), "/ip6/2a00:1::3/tcp/1", Consideration.TooManyOfGroup);
        Join(table, PeerInBucket(0), "/ip6/2a00:2::3/tcp/1", Consideration.CheckDue);
        table.Remove(first);
        Assert.IsTrue(Join(table, PeerInBucket(0), "/ip6/2a00:1::3/tcp/1", Consideration.CheckDue));
    }

    [TestMethod]
    public void A_member_that_moves_into_a_crowded_network_loses_its_place()
    {
        var table = new RoutingTable(_local);
        Join(table, PeerInBucket(0), "/ip4/20.1.1.1/tcp/1", Consideration.CheckDue);
        Join(table, PeerInBucket(0), "/ip4/20.1.1.2/tcp/1", Consideration.CheckDue);
        var moving = PeerInBucket(0);
        Join(table, moving, "/ip4/30.1.1.2/tcp/1", Consideration.CheckDue);
        Assert.AreEqual(Consideration.TooManyOfGroup, table.Consider(moving, [Multiaddress.Parse("/ip4/20.1.9.9/tcp/1")], Start));
        Assert.IsFalse(table.Contains(moving));
        Assert.AreEqual(2, table.Count);
    }

    [TestMethod]
    public void A_small_network_in_one_place_is_let_in_and_gives_way_when_the_network_has_grown()
    {
        var table = new RoutingTable(_local, new RoutingTableOptions { RelaxedBelowGroups = 12 });
        for (var i = 0; i < 20; i++)
            Assert.IsTrue(Join(table, PeerInBucket(0), $"/ip4/20.1.1.{i + 1}/tcp/1", Consideration.CheckDue));
        for (var i = 0; i < 11; i++)
            Assert.IsTrue(Join(table, PeerInBucket(1), $"/ip4/30.{i}.1.1/tcp/1", Consideration.CheckDue));
        Assert.IsTrue(table.AreGroupsLimited);
        for (var i = 0; i < 18; i++)
            Assert.IsTrue(Join(table, PeerInBucket(0), $"/ip4/40.{i}.1.1/tcp/1", Consideration.CheckDue), $"{i}");
        Assert.AreEqual(2, table.GetMembers().Count(member => member.Bucket == 0 && member.AnsweredAt == Start) - 18);
    }

    [TestMethod]
    public void Legacy_blocks_count_as_one_network()
    {
        Assert.AreEqual(IpGroup.Of(Multiaddress.Parse("/ip4/17.1.1.1/tcp/1")), IpGroup.Of(Multiaddress.Parse("/ip4/17.200.1.1/tcp/1")));
        Assert.AreNotEqual(IpGroup.Of(Multiaddress.Parse("/ip4/18.1.1.1/tcp/1")), IpGroup.Of(Multiaddress.Parse("/ip4/18.200.1.1/tcp/1")));
        Assert.AreEqual(IpGroup.Of(Multiaddress.Parse("/ip4/20.1.1.1/tcp/1")), IpGroup.Of(Multiaddress.Parse("/ip6/::ffff:20.1.200.1/tcp/1")));
        Assert.AreNotEqual(IpGroup.Of(Multiaddress.Parse("/ip6/2a00:1::1/tcp/1")), IpGroup.Of(Multiaddress.Parse("/ip6/2a00:2::1/tcp/1")));
    }

    [TestMethod]
    public void Whatever_happens_the_counts_are_those_of_the_members_and_no_limit_is_passed()
    {
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 79], Gen.Int[0, 5], Gen.Int[0, 120]).Array[1, 400].Sample(
            operations =>
            {
                var random = new Random(5);
                var peers = Enumerable.Range(0, 80).Select(_ => KadNetwork.RandomPeer(random)).ToArray();
                var table = new RoutingTable(_local, new RoutingTableOptions { BucketSize = 4, ReplacementsPerBucket = 2 });
                var now = Start;
                foreach (var (operation, index, group, seconds) in operations)
                {
                    now += TimeSpan.FromSeconds(seconds);
                    switch (operation)
                    {
                        case 0 or 1:
                            table.Consider(peers[index], [Multiaddress.Parse($"/ip4/20.{group}.1.1/tcp/1")], now);
                            break;
                        case 2:
                            table.OnAnswered(peers[index], now);
                            break;
                        case 3:
                            table.OnFailed(peers[index], now);
                            break;
                        case 4:
                            if (table.TryTakeCheck(now, out var check) && index % 2 == 0)
                                table.OnAnswered(check, now);
                            break;
                        default:
                            table.Remove(peers[index]);
                            break;
                    }

                    var members = table.GetMembers();
                    if (members.Count != table.Count || members.DistinctBy(member => member.Peer).Count() != members.Count)
                        return false;
                    if (members.GroupBy(member => member.Bucket).Any(bucket => bucket.Count() > 4) || members.Any(member => !table.Contains(member.Peer)))
                        return false;
                    if (!table.Closest(table.LocalKey, 100).ToHashSet().SetEquals(members.Select(member => member.Peer)))
                        return false;
                }

                return true;
            },
            iter: 300);
    }

    private RoutingTable FullBucket(out List<PeerId> members)
    {
        var table = new RoutingTable(_local);
        members = [];
        for (var i = 0; i < 20; i++)
            members.Add(Join(table, PeerInBucket(0)));
        Assert.AreEqual(20, table.Count);
        return table;
    }

    private PeerId RandomPeer() => KadNetwork.RandomPeer(_random);

    private PeerId PeerInBucket(int bucket)
    {
        while (true)
        {
            var peer = RandomPeer();
            if (KadKey.Of(peer).CommonPrefixLength(KadKey.Of(_local)) == bucket)
                return peer;
        }
    }

    private static PeerId Join(RoutingTable table, PeerId peer)
    {
        Assert.AreEqual(Consideration.CheckDue, table.Consider(peer, [], Start));
        Assert.IsTrue(table.OnAnswered(peer, Start));
        return peer;
    }

    private static bool Join(RoutingTable table, PeerId peer, string address, Consideration expected)
    {
        Assert.AreEqual(expected, table.Consider(peer, [Multiaddress.Parse(address)], Start), address);
        return table.OnAnswered(peer, Start);
    }
}
