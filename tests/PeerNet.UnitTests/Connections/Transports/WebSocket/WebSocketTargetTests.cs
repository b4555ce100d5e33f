using System.Net;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Connections.Transports.WebSocket;

[TestClass]
public sealed class WebSocketTargetTests
{
    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/80/ws", "192.0.2.1", "192.0.2.1")]
    [DataRow("/ip4/192.0.2.1/tcp/8080/ws", "192.0.2.1:8080", "192.0.2.1")]
    [DataRow("/ip4/192.0.2.1/tcp/443/wss", "192.0.2.1", "192.0.2.1")]
    [DataRow("/ip4/192.0.2.1/tcp/80/wss", "192.0.2.1:80", "192.0.2.1")]
    [DataRow("/ip6/2001:db8::1/tcp/443/tls/ws", "[2001:db8::1]", "2001:db8::1")]
    [DataRow("/ip6zone/7/ip6/fe80::1/tcp/1/ws", "[fe80::1]:1", "fe80::1")]
    [DataRow("/ip4/192.0.2.1/tcp/443/tls/sni/example.com/ws", "example.com", "example.com")]
    [DataRow("/ip4/192.0.2.1/tcp/444/tls/sni/example.com/ws/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA", "example.com:444", "example.com")]
    public void Host_and_server_name_follow_the_address(string text, string host, string tlsHost)
    {
        Assert.IsTrue(WebSocketTarget.TryParse(Multiaddress.Parse(text), out var target));
        target.Tcp.TryGetIPEndPoint(out var endPoint);
        Assert.AreEqual(host, target.HostHeader(endPoint!));
        Assert.AreEqual(tlsHost, target.TlsHost(endPoint!));
    }

    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/80/ws/http-path/a%2Fb", "/a/b")]
    [DataRow("/ip4/192.0.2.1/tcp/80/ws/http-path/a%20b%0D%0AX", "/a%20b%0D%0AX")]
    [DataRow("/ip4/192.0.2.1/tcp/80/ws", null)]
    public void The_path_is_percent_encoded(string text, string? path)
    {
        Assert.IsTrue(WebSocketTarget.TryParse(Multiaddress.Parse(text), out var target));
        Assert.AreEqual(path, target.Path);
    }

    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/80")]
    [DataRow("/ip4/192.0.2.1/tcp/80/tls/wss")]
    [DataRow("/dns4/example.com/tcp/80/ws")]
    [DataRow("/ip4/192.0.2.1/udp/80/quic-v1")]
    [DataRow("/ip4/192.0.2.1/tcp/80/http-path/a")]
    public void Other_shapes_are_no_target(string text) => Assert.IsFalse(WebSocketTarget.TryParse(Multiaddress.Parse(text), out _));

    [TestMethod]
    public void A_name_that_would_break_a_header_is_no_target()
    {
        var name = System.Text.Encoding.ASCII.GetBytes("a\r\nX-Evil: b");
        var address = Multiaddress.Parse("/ip4/192.0.2.1/tcp/80/tls").Encapsulate(MultiaddressCodes.Sni, name).Encapsulate("/ws");
        Assert.IsFalse(WebSocketTarget.TryParse(address, out _));
    }

    [TestMethod]
    [DataRow("/wss", "/tls/ws")]
    [DataRow("/tls/ws", "/tls/ws")]
    [DataRow("/ws", "/ws")]
    [DataRow("/tls/sni/a.example/ws", "/tls/sni/a.example/ws")]
    [DataRow("/ws/http-path/a%20b", "/ws/http-path/a%20b")]
    public void A_listener_prints_the_documented_spelling(string suffix, string printed)
    {
        Assert.IsTrue(WebSocketTarget.TryParse(Multiaddress.Parse("/ip4/0.0.0.0/tcp/0" + suffix), out var target));
        var tcp = Multiaddress.FromIPEndPoint(new IPEndPoint(IPAddress.Any, 4001), System.Net.Sockets.ProtocolType.Tcp);
        Assert.AreEqual(Multiaddress.Parse("/ip4/0.0.0.0/tcp/4001" + printed), target.ListeningAddress(tcp));
    }
}
