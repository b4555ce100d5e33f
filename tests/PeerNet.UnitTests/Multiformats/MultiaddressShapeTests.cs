using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultiaddressShapeTests
{
    private const string Relay = "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC";
    private const string Peer = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
    private const string Hash = "uEiAD1m3QiDXByj8SjM6s0fMayUFjCWsg9EWuhChbwIMtcg";

    [TestMethod]
    [DataRow("/ip4/1.2.3.4/tcp/1", MultiaddressTransport.Tcp)]
    [DataRow("/ip6zone/eth0/ip6/fe80::1/tcp/1", MultiaddressTransport.Tcp)]
    [DataRow("/dns/a.b/tcp/1", MultiaddressTransport.Tcp)]
    [DataRow("/dns4/a.b/tcp/1/ws", MultiaddressTransport.WebSocket)]
    [DataRow("/dns4/a.b/tcp/1/wss", MultiaddressTransport.SecureWebSocket)]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls/ws", MultiaddressTransport.SecureWebSocket)]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls/sni/a.b/ws", MultiaddressTransport.SecureWebSocket)]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls/wss", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/tcp/1/http", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/udp/1/quic-v1", MultiaddressTransport.QuicV1)]
    [DataRow("/ip4/1.2.3.4/udp/1/quic", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/udp/1", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/udp/1/quic-v1/certhash/" + Hash, MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/udp/1/quic-v1/webtransport", MultiaddressTransport.WebTransport)]
    [DataRow("/ip4/1.2.3.4/udp/1/quic-v1/webtransport/certhash/" + Hash + "/certhash/" + Hash, MultiaddressTransport.WebTransport)]
    [DataRow("/ip4/1.2.3.4/udp/1/webrtc-direct/certhash/" + Hash, MultiaddressTransport.WebRtcDirect)]
    [DataRow("/ip4/1.2.3.4/udp/1/certhash/" + Hash, MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/tcp/1/p2p/" + Relay + "/p2p-circuit", MultiaddressTransport.Circuit)]
    [DataRow("/ip4/1.2.3.4/tcp/1/p2p/" + Relay + "/p2p-circuit/webrtc", MultiaddressTransport.WebRtc)]
    [DataRow("/p2p-circuit", MultiaddressTransport.Circuit)]
    [DataRow("/memory/7", MultiaddressTransport.Memory)]
    [DataRow("/dnsaddr/a.b", MultiaddressTransport.None)]
    [DataRow("/tcp/1", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4", MultiaddressTransport.None)]
    [DataRow("/ip4/1.2.3.4/tcp/1/p2p/" + Relay, MultiaddressTransport.Tcp)]
    public void Names_the_transport_with_and_without_a_peer_id(string text, MultiaddressTransport expected)
    {
        var address = Multiaddress.Parse(text);
        Assert.AreEqual(expected, address.GetTransport());
        if (!address.TryGetLast(MultiaddressCodes.P2p, out var last) || last != address.Components[^1])
            Assert.AreEqual(expected, address.Encapsulate($"/p2p/{Peer}").GetTransport());
    }

    [TestMethod]
    public void Names_no_transport_for_a_bare_peer_id()
    {
        Assert.AreEqual(MultiaddressTransport.None, Multiaddress.Parse($"/p2p/{Peer}").GetTransport());
        Assert.AreEqual(MultiaddressTransport.Unix, Multiaddress.Parse("/unix/run/x").GetTransport());
    }

    [TestMethod]
    public void Splits_a_circuit_at_the_last_relay()
    {
        var address = Multiaddress.Parse($"/ip4/1.2.3.4/tcp/1/p2p/{Relay}/p2p-circuit/p2p/{Peer}");
        Assert.IsTrue(address.IsCircuit());
        Assert.IsTrue(address.TrySplitCircuit(out var relay, out var target));
        Assert.AreEqual($"/ip4/1.2.3.4/tcp/1/p2p/{Relay}", relay?.ToString());
        Assert.AreEqual($"/p2p/{Peer}", target?.ToString());

        Assert.IsTrue(Multiaddress.Parse("/p2p-circuit").TrySplitCircuit(out relay, out target));
        Assert.IsNull(relay);
        Assert.IsNull(target);
        Assert.IsFalse(Multiaddress.Parse("/tcp/1").TrySplitCircuit(out _, out _));
    }

    [TestMethod]
    [DataRow("/dns4/a.b/tcp/1/tls/sni/c.d/ws", "c.d")]
    [DataRow("/dns4/a.b/tcp/1/tls/ws", "a.b")]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls/sni/c.d/ws", "c.d")]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls/ws", null)]
    [DataRow("/dnsaddr/a.b", null)]
    public void Tells_the_server_name(string text, string? expected)
    {
        Assert.AreEqual(expected is not null, Multiaddress.Parse(text).TryGetServerName(out var name));
        Assert.AreEqual(expected, name);
    }

    [TestMethod]
    [DataRow("/ip4/1.2.3.4/tcp/1/wss", "/ip4/1.2.3.4/tcp/1/tls/ws")]
    [DataRow("/ip6/::ffff:1.2.3.4/tcp/1", "/ip4/1.2.3.4/tcp/1")]
    [DataRow("/ip4/1.2.3.4/tcp/1/ws", "/ip4/1.2.3.4/tcp/1/ws")]
    [DataRow("/ip4/1.2.3.4/tcp/1/tls/sni/a.b/ws", "/ip4/1.2.3.4/tcp/1/tls/sni/a.b/ws")]
    public void Has_one_spelling_to_compare(string text, string expected)
        => Assert.AreEqual(Multiaddress.Parse(expected), Multiaddress.Parse(text).ToComparable());
}
