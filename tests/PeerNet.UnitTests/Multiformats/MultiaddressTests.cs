using System.Net;
using System.Net.Sockets;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultiaddressTests
{
    private const string Relay = "QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC";
    private const string Peer = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";

    [TestMethod]
    public void Equals_by_bytes_whatever_the_spelling()
    {
        var one = Multiaddress.Parse($"/ip6/2001:DB8:0::1/tcp/080/ipfs/{Peer}/");
        var other = Multiaddress.Parse($"/ip6/2001:db8::1/tcp/80/p2p/{Peer}");
        Assert.AreEqual(one, other);
        Assert.IsTrue(one == other);
        Assert.IsTrue(one != Multiaddress.Parse("/ip6/2001:db8::1/tcp/81"));
        Assert.AreEqual(one.GetHashCode(), other.GetHashCode());
        Assert.AreEqual(one.Components[2], other.Components[2]);
        Assert.AreEqual(one.Components[2].GetHashCode(), other.Components[2].GetHashCode());
        Assert.IsFalse(one.Equals(null));
        Assert.IsTrue(one is not null);
    }

    [TestMethod]
    public void Puts_the_zone_in_front_of_the_address()
    {
        var address = Multiaddress.Parse("/ip6zone/eth0/ip6/fe80::1/tcp/4001");
        Assert.AreEqual("2a046574683029fe800000000000000000000000000001060fa1", VectorFile.Hex(address.Bytes.Span));
        Assert.IsTrue(address.TryGetZone(out var zone));
        Assert.AreEqual("eth0", zone);
        Assert.IsTrue(address.TryGetIPEndPoint(out var endPoint));
        Assert.AreEqual(IPEndPoint.Parse("[fe80::1]:4001"), endPoint);
        Assert.IsTrue(Multiaddress.Parse("/ip6zone/3/ip6/fe80::1/tcp/4001").TryGetIPAddress(out var scoped));
        Assert.AreEqual(3, scoped.ScopeId);
    }

    [TestMethod]
    [DataRow("127.0.0.1:4001", ProtocolType.Tcp, "/ip4/127.0.0.1/tcp/4001")]
    [DataRow("127.0.0.1:0", ProtocolType.Udp, "/ip4/127.0.0.1/udp/0")]
    [DataRow("[::ffff:1.2.3.4]:65535", ProtocolType.Tcp, "/ip4/1.2.3.4/tcp/65535")]
    [DataRow("[2001:db8::1]:443", ProtocolType.Udp, "/ip6/2001:db8::1/udp/443")]
    [DataRow("[fe80::1%3]:443", ProtocolType.Tcp, "/ip6zone/3/ip6/fe80::1/tcp/443")]
    public void Comes_from_a_socket_address_and_goes_back(string endPoint, ProtocolType protocol, string expected)
    {
        var address = Multiaddress.FromIPEndPoint(IPEndPoint.Parse(endPoint), protocol);
        Assert.AreEqual(expected, address.ToString());
        Assert.AreEqual(Multiaddress.Parse(expected), address);
        Assert.IsTrue(address.TryGetIPEndPoint(out var back));
        Assert.AreEqual(IPEndPoint.Parse(endPoint).Address.Unmap(), back.Address);
        Assert.AreEqual(IPEndPoint.Parse(endPoint).Port, back.Port);
    }

    [TestMethod]
    public void Refuses_a_socket_address_of_another_protocol()
        => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Multiaddress.FromIPEndPoint(new IPEndPoint(IPAddress.Loopback, 1), ProtocolType.Icmp));

    [TestMethod]
    public void Finds_no_socket_address_where_there_is_none()
    {
        Assert.IsFalse(Multiaddress.Parse("/dns4/peer.example.com/tcp/1").TryGetIPAddress(out _));
        Assert.IsFalse(Multiaddress.Parse("/tcp/1/ip4/1.2.3.4").TryGetIPAddress(out _));
        Assert.IsFalse(Multiaddress.Parse("/ip6zone/eth0").TryGetIPAddress(out _));
        Assert.IsFalse(Multiaddress.Parse("/ip6zone/eth0/ip4/1.2.3.4").TryGetIPAddress(out _));
        Assert.IsFalse(Multiaddress.Parse("/memory/1").TryGetPort(out _));
        Assert.IsFalse(Multiaddress.Parse("/p2p-circuit/ip4/1.2.3.4/tcp/1").TryGetPort(out _));
        Assert.IsFalse(Multiaddress.Parse("/ip4/1.2.3.4").TryGetIPEndPoint(out _));
    }

    [TestMethod]
    public void Reads_peers_from_both_ends()
    {
        var address = Multiaddress.Parse($"/ip4/1.2.3.4/tcp/1/p2p/{Relay}/p2p-circuit/p2p/{Peer}");
        Assert.IsTrue(address.TryGet(MultiaddressCodes.P2p, out var first));
        Assert.AreEqual(Relay, first.ValueText);
        Assert.IsTrue(address.TryGetLast(MultiaddressCodes.P2p, out var last));
        Assert.AreEqual(Peer, last.ValueText);
        Assert.IsTrue(address.Contains(MultiaddressCodes.P2pCircuit));
        Assert.IsFalse(address.TryGet(MultiaddressCodes.Udp, out _));
        Assert.IsFalse(address.TryGetLast(MultiaddressCodes.Udp, out _));
        Assert.AreEqual(2, address.IndexOf(MultiaddressCodes.P2p));
        Assert.AreEqual(-1, address.LastIndexOf(MultiaddressCodes.Udp));
    }

    [TestMethod]
    public void Encapsulates_and_decapsulates()
    {
        var transport = Multiaddress.Parse("/ip4/1.2.3.4/tcp/1");
        var whole = transport.Encapsulate($"/p2p/{Relay}").Encapsulate(MultiaddressCodes.P2pCircuit).Encapsulate(Multiaddress.Parse($"/p2p/{Peer}"));
        Assert.AreEqual($"/ip4/1.2.3.4/tcp/1/p2p/{Relay}/p2p-circuit/p2p/{Peer}", whole.ToString());
        Assert.AreEqual(5, whole.Count);
        Assert.AreEqual($"/ip4/1.2.3.4/tcp/1/p2p/{Relay}/p2p-circuit", whole.Decapsulate(MultiaddressCodes.P2p)?.ToString());
        Assert.AreEqual($"/ip4/1.2.3.4/tcp/1/p2p/{Relay}", whole.Decapsulate(MultiaddressCodes.P2pCircuit)?.ToString());
        Assert.AreEqual(transport, whole.Slice(0, 2));
        Assert.AreEqual($"/p2p-circuit/p2p/{Peer}", whole.Slice(3, 2)?.ToString());
        Assert.AreSame(transport, transport.Decapsulate(MultiaddressCodes.P2p));
        Assert.AreSame(transport, transport.Slice(0, 2));
        Assert.IsNull(transport.Decapsulate(MultiaddressCodes.Ip4));
        Assert.IsNull(transport.Slice(2, 0));
        Assert.IsTrue(whole.EndsWith(Multiaddress.Parse($"/p2p/{Peer}")));
        Assert.IsFalse(whole.EndsWith(Multiaddress.Parse($"/p2p/{Relay}")));
        Assert.IsFalse(transport.EndsWith(whole));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transport.Slice(1, 2));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transport.Slice(-1, 1));
        Assert.ThrowsExactly<FormatException>(() => transport.Encapsulate("p2p"));
        Assert.ThrowsExactly<ArgumentException>(() => transport.Encapsulate(MultiaddressCodes.P2p, [1, 2, 3]));
    }

    [TestMethod]
    public void Lets_nothing_stand_behind_a_path_or_an_unknown_code()
    {
        var tls = Multiaddress.Parse("/tls");
        var path = Multiaddress.Parse("/unix/run/peer.sock");
        Assert.IsFalse(path.TryEncapsulate(tls, out _));
        Assert.ThrowsExactly<ArgumentException>(() => path.Encapsulate(tls));
        Assert.IsFalse(Multiaddress.TryCreate([path.Components[0], tls.Components[0]], out _));
        Assert.IsTrue(Multiaddress.TryDecodeLenient(Convert.FromHexString("047f00000191020fa180e001"), out var opaque));
        Assert.IsFalse(opaque.TryEncapsulate(tls, out _));
    }

    [TestMethod]
    public void Is_made_of_components_that_make_an_address()
    {
        var address = Multiaddress.Parse("/ip4/1.2.3.4/udp/1/quic-v1");
        Assert.AreEqual(address, Multiaddress.Create(address.Components.AsSpan()));
        Assert.ThrowsExactly<ArgumentException>(() => Multiaddress.Create());
        Assert.ThrowsExactly<ArgumentException>(() => Multiaddress.Create(new MultiaddressComponent(MultiaddressCodes.Ip4, new byte[3])));
        Assert.ThrowsExactly<ArgumentException>(() => Multiaddress.Create(new MultiaddressComponent(ulong.MaxValue, default)));
        Assert.ThrowsExactly<ArgumentException>(() => Multiaddress.Create(new MultiaddressComponent(MultiaddressCodes.Dns, new byte[Multiaddress.MaxBytes])));
    }

    [TestMethod]
    [DataRow("047f00000191020fa180e001", "/ip4/127.0.0.1/udp/4001/0x7000")]
    [DataRow("047f00000191020fa180e001deadbeef", "/ip4/127.0.0.1/udp/4001/0x7000/u3q2-7w")]
    [DataRow("047f000001df03", "/ip4/127.0.0.1/0x1df")]
    public void Keeps_an_unknown_tail_byte_for_byte(string hex, string text)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.IsFalse(Multiaddress.TryDecode(bytes, out _));
        Assert.IsTrue(Multiaddress.TryDecodeLenient(bytes, out var address));
        Assert.IsTrue(address.HasUnknown);
        Assert.IsFalse(address.Components[^1].IsKnown);
        Assert.AreEqual(hex, VectorFile.Hex(address.Bytes.Span));
        Assert.AreEqual(text, address.ToString());
        Assert.IsFalse(Multiaddress.TryParse(text, out _));
        Assert.AreEqual(address, Multiaddress.Create(address.Components.AsSpan()));
        Assert.IsFalse(address.Slice(0, 1)!.HasUnknown);
        Assert.AreEqual(MultiaddressTransport.None, address.GetTransport());
    }

    [TestMethod]
    public void Refuses_an_unknown_code_at_the_front_even_leniently()
        => Assert.IsFalse(Multiaddress.TryDecodeLenient([0x80, 0xe0, 0x01], out _));

    [TestMethod]
    public void Is_parsed_through_the_interface()
    {
        Assert.AreEqual(Multiaddress.Parse("/tcp/1"), Through<Multiaddress>("/tcp/1"));
        Assert.ThrowsExactly<ArgumentNullException>(() => Multiaddress.Parse(null!));
        Assert.IsFalse(Multiaddress.TryParse(null, out _));

        static T Through<T>(string text)
            where T : IParsable<T>
            => T.TryParse(text, null, out var value) ? value : T.Parse(text, null);
    }
}
