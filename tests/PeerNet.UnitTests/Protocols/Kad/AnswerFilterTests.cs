using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Serving;

namespace PeerNet.UnitTests.Protocols.Kad;

[TestClass]
public sealed class AnswerFilterTests
{
    private static readonly string[] Everywhere =
    [
        "/ip4/8.8.8.8/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip4/127.0.0.1/tcp/1", "/ip4/169.254.169.254/tcp/1", "/ip6/::ffff:127.0.0.1/tcp/1",
        "/ip4/0.0.0.0/tcp/1", "/ip4/224.0.0.1/tcp/1", "/ip6/2a00::1/udp/1/quic-v1", "/ip6/fe80::1/tcp/1", "/memory/1", "/dns4/example.net/tcp/1",
    ];

    private readonly Random _random = new(1);
    private readonly PeerId _local = KadNetwork.RandomPeer(new Random(2));
    private readonly PeerId _answerer = KadNetwork.RandomPeer(new Random(3));

    [TestMethod]
    [DataRow(KadScope.Wan, "/ip4/9.9.9.9/tcp/1", "/ip4/8.8.8.8/tcp/1 /ip6/2a00::1/udp/1/quic-v1")]
    [DataRow(KadScope.Wan, "/ip4/127.0.0.1/tcp/1", "/ip4/8.8.8.8/tcp/1 /ip6/2a00::1/udp/1/quic-v1")]
    [DataRow(KadScope.Any, "/ip4/9.9.9.9/tcp/1", "/ip4/8.8.8.8/tcp/1 /ip6/2a00::1/udp/1/quic-v1")]
    [DataRow(KadScope.Any, "/ip4/10.0.0.9/tcp/1", "/ip4/8.8.8.8/tcp/1 /ip4/10.0.0.1/tcp/1 /ip6/2a00::1/udp/1/quic-v1")]
    [DataRow(KadScope.Lan, "/ip4/127.0.0.1/tcp/1", "/ip4/8.8.8.8/tcp/1 /ip4/10.0.0.1/tcp/1 /ip4/127.0.0.1/tcp/1 /ip6/::ffff:127.0.0.1/tcp/1 /ip6/2a00::1/udp/1/quic-v1 /memory/1")]
    public void What_is_believed_depends_on_where_the_answerer_is(KadScope scope, string toldBy, string expected)
    {
        var peer = KadNetwork.RandomPeer(_random);
        var told = Everywhere.Select(Multiaddress.Parse).ToArray();
        var believed = new AddressPolicy(scope).Believable(Multiaddress.Parse(toldBy), peer, told).Select(address => address.ToString());

        // Names are judged when they are resolved, and example.net never is.
        Assert.AreEqual(expected, string.Join(' ', believed.Where(address => !address.Contains("example.net", StringComparison.Ordinal))));
    }

    [TestMethod]
    public void The_id_at_the_end_of_an_address_is_the_peer_s_own_or_the_address_is_not_believed()
    {
        var (peer, other) = (KadNetwork.RandomPeer(_random), KadNetwork.RandomPeer(_random));
        var plain = Multiaddress.Parse("/ip4/8.8.8.8/tcp/1");
        var believed = new AddressPolicy(KadScope.Wan).Believable(plain, peer, [plain.WithPeerId(peer), plain.WithPeerId(other)]);
        Assert.AreEqual(plain, believed.Single());
    }

    [TestMethod]
    [DataRow(KadScope.Wan, "/ip4/8.8.8.8/tcp/1", true)]
    [DataRow(KadScope.Wan, "/ip4/192.168.0.1/tcp/1", false)]
    [DataRow(KadScope.Wan, "/ip4/100.64.0.1/tcp/1", false)]
    [DataRow(KadScope.Lan, "/ip4/8.8.8.8/tcp/1", false)]
    [DataRow(KadScope.Lan, "/ip4/192.168.0.1/tcp/1", true)]
    [DataRow(KadScope.Lan, "/ip6/::1/tcp/1", true)]
    [DataRow(KadScope.Any, "/ip4/8.8.8.8/tcp/1", true)]
    [DataRow(KadScope.Any, "/ip4/127.0.0.1/tcp/1", true)]
    public void Who_is_connected_where_may_join(KadScope scope, string remote, bool mayJoin)
        => Assert.AreEqual(mayJoin, new AddressPolicy(scope).MayJoin(Multiaddress.Parse(remote)));

    [TestMethod]
    public void Nobody_joins_over_a_relay_and_in_the_public_table_nobody_is_asked_over_one()
    {
        var circuit = Multiaddress.Parse($"/ip4/8.8.8.8/tcp/1/p2p/{_answerer}/p2p-circuit");
        foreach (var scope in Enum.GetValues<KadScope>())
            Assert.IsFalse(new AddressPolicy(scope).MayJoin(circuit), scope.ToString());
        Assert.IsFalse(new AddressPolicy(KadScope.Wan).MayAsk([circuit]));
    }

    [TestMethod]
    public void Neither_the_node_nor_the_answerer_nor_anybody_twice_is_kept()
    {
        var peer = KadNetwork.RandomPeer(_random);
        var kept = Filter([Named(_local), Named(_answerer), Named(peer), Named(peer)], limited: true);
        Assert.AreEqual(peer, kept.Single().Id);
    }

    [TestMethod]
    public void A_crowd_of_one_part_of_the_Internet_is_left_out_as_a_whole()
    {
        var crowd = Enumerable.Range(1, 20).Select(i => Named(KadNetwork.RandomPeer(_random), $"/ip4/20.1.{i}.1/tcp/1")).ToList();
        var others = Enumerable.Range(1, 5).Select(i => Named(KadNetwork.RandomPeer(_random), $"/ip4/30.{i}.1.1/tcp/1")).ToList();
        var few = Enumerable.Range(1, 3).Select(i => Named(KadNetwork.RandomPeer(_random), $"/ip4/40.1.{i}.1/tcp/1")).ToList();
        CollectionAssert.AreEqual(others.Concat(few).Select(peer => peer.Id).ToArray(), Filter([.. crowd, .. others, .. few], limited: true).Select(peer => peer.Id).ToArray());
        Assert.IsEmpty(Filter(crowd, limited: true));
        Assert.HasCount(20, Filter(crowd, limited: false));
    }

    [TestMethod]
    public void A_budget_is_a_burst_and_then_a_rate_for_each_peer()
    {
        var budgets = new PeerBudgets(burst: 3, perSecond: 2);
        var (peer, other) = (KadNetwork.RandomPeer(_random), KadNetwork.RandomPeer(_random));
        var now = new Instant(0);
        for (var i = 0; i < 3; i++)
            Assert.AreEqual(TimeSpan.Zero, budgets.Take(peer, now));
        Assert.AreEqual(TimeSpan.FromSeconds(0.5), budgets.Take(peer, now));
        Assert.AreEqual(TimeSpan.Zero, budgets.Take(other, now));
        Assert.AreEqual(TimeSpan.Zero, budgets.Take(peer, now + TimeSpan.FromSeconds(0.5)));
        Assert.AreNotEqual(TimeSpan.Zero, budgets.Take(peer, now + TimeSpan.FromSeconds(0.5)));
        Assert.AreEqual(TimeSpan.MaxValue, new PeerBudgets(burst: 0, perSecond: 0).Take(peer, now));
        for (var i = 0; i < 10_000; i++)
            budgets.Take(KadNetwork.RandomPeer(_random), now);
    }

    private List<KadPeer> Filter(IReadOnlyList<KadPeer> peers, bool limited)
        => AnswerFilter.Closer(peers, _local, _answerer, Multiaddress.Parse("/ip4/9.9.9.9/tcp/1"), new AddressPolicy(KadScope.Wan), limited);

    private static KadPeer Named(PeerId peer, string address = "/ip4/8.8.8.8/tcp/1") => new(peer, [Multiaddress.Parse(address)]);
}
