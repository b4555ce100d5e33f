using PeerNet.Multiformats;
using PeerNet.Swarm.Dialing;

namespace PeerNet.UnitTests.Swarm.Dialing;

[TestClass]
public sealed class DialRankerTests
{
    private const string Tcp4 = "/ip4/1.2.3.4/tcp/4001";
    private const string Tcp6 = "/ip6/2a00::1/tcp/4001";
    private const string Quic4 = "/ip4/1.2.3.4/udp/4001/quic-v1";
    private const string Quic6 = "/ip6/2a00::1/udp/4001/quic-v1";
    private const string Lan4 = "/ip4/192.168.1.2/tcp/4001";
    private const string Relay = "/ip4/5.6.7.8/tcp/4001/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC/p2p-circuit";

    [TestMethod]
    [DataRow(Tcp4, "0", DisplayName = "one address goes at once")]
    [DataRow(Tcp4 + " " + Tcp6, "250 0", DisplayName = "IPv6 goes first, IPv4 a step later")]
    [DataRow(Quic4 + " " + Tcp4, "0 250", DisplayName = "TCP waits for QUIC")]
    [DataRow(Quic6 + " " + Quic4 + " " + Tcp6 + " " + Tcp4, "0 250 500 750", DisplayName = "QUIC of both families, then TCP of both")]
    [DataRow(Quic4 + " /ip4/1.2.3.4/udp/4002/quic-v1 /ip4/1.2.3.4/udp/4003/quic-v1 " + Tcp4, "0 250 250 500", DisplayName = "further QUIC addresses go a step later together")]
    [DataRow("/ip4/1.2.3.4/udp/4002/quic-v1 " + Quic4, "250 0", DisplayName = "the lowest port goes first")]
    [DataRow(Lan4 + " " + Tcp4, "0 0", DisplayName = "private and public go side by side")]
    [DataRow("/ip4/192.168.1.2/udp/4001/quic-v1 " + Lan4, "0 30", DisplayName = "private steps are short")]
    [DataRow(Relay, "0", DisplayName = "a relay alone goes at once")]
    [DataRow(Relay + " " + Tcp4, "500 0", DisplayName = "a relay waits for a direct address")]
    [DataRow("/ip4/1.2.3.4/udp/4001/quic-v1/webtransport " + Quic4, "250 0", DisplayName = "WebTransport goes behind QUIC")]
    [DataRow("/ip4/1.2.3.4/udp/4001/webrtc-direct " + Tcp4, "1000 0", DisplayName = "other transports go a second later")]
    [DataRow("/ip4/1.2.3.4/tcp/4001/ws " + Tcp4, "250 0", DisplayName = "WebSocket goes behind TCP")]
    public void Ranks_by_group_transport_family_and_port(string addresses, string delays)
    {
        var parsed = addresses.Split(' ').Select(Multiaddress.Parse).ToArray();
        var ranked = DialRanker.Rank(parsed, _ => false).ToDictionary(r => r.Address, r => r.Delay.TotalMilliseconds);
        Assert.AreEqual(delays, string.Join(' ', parsed.Select(address => ranked[address])));
    }

    [TestMethod]
    public void Returns_every_address_once_in_the_order_of_delays()
    {
        string[] texts = [Relay, Tcp4, Tcp6, Quic4, Quic6, Lan4, "/ip4/1.2.3.4/tcp/4002", "/ip4/1.2.3.4/udp/4001/webrtc-direct"];
        var parsed = texts.Select(Multiaddress.Parse).ToArray();
        var ranked = DialRanker.Rank(parsed, _ => false);
        CollectionAssert.AreEquivalent(parsed, ranked.Select(r => r.Address).ToArray());
        CollectionAssert.AreEqual(ranked.Select(r => r.Delay).Order().ToArray(), ranked.Select(r => r.Delay).ToArray());
    }

    [TestMethod]
    public void Puts_an_address_that_worked_before_everything_else()
    {
        var good = Multiaddress.Parse(Tcp4);
        var ranked = DialRanker.Rank([Multiaddress.Parse(Quic6), Multiaddress.Parse(Lan4), good], address => address == good);
        Assert.AreEqual(good, ranked[0].Address);
        Assert.AreEqual(TimeSpan.Zero, ranked[0].Delay);
        Assert.IsTrue(ranked.Skip(1).All(r => r.Delay >= DialRanker.PublicStep));
    }
}
