using System.Net;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultiaddressScopeTests
{
    [TestMethod]
    [DataRow("0.0.0.0", AddressScope.Unspecified)]
    [DataRow("0.1.2.3", AddressScope.Reserved)]
    [DataRow("127.0.0.1", AddressScope.Loopback)]
    [DataRow("127.255.255.255", AddressScope.Loopback)]
    [DataRow("169.254.1.1", AddressScope.LinkLocal)]
    [DataRow("10.0.0.1", AddressScope.Private)]
    [DataRow("172.15.255.255", AddressScope.Public)]
    [DataRow("172.16.0.0", AddressScope.Private)]
    [DataRow("172.31.255.255", AddressScope.Private)]
    [DataRow("172.32.0.0", AddressScope.Public)]
    [DataRow("192.168.1.1", AddressScope.Private)]
    [DataRow("100.63.255.255", AddressScope.Public)]
    [DataRow("100.64.0.0", AddressScope.Shared)]
    [DataRow("100.127.255.255", AddressScope.Shared)]
    [DataRow("100.128.0.0", AddressScope.Public)]
    [DataRow("192.0.2.1", AddressScope.Documentation)]
    [DataRow("198.51.100.1", AddressScope.Documentation)]
    [DataRow("203.0.113.1", AddressScope.Documentation)]
    [DataRow("192.0.0.8", AddressScope.Reserved)]
    [DataRow("198.18.0.1", AddressScope.Reserved)]
    [DataRow("224.0.0.251", AddressScope.Multicast)]
    [DataRow("240.0.0.1", AddressScope.Reserved)]
    [DataRow("255.255.255.255", AddressScope.Reserved)]
    [DataRow("1.1.1.1", AddressScope.Public)]
    [DataRow("::", AddressScope.Unspecified)]
    [DataRow("::1", AddressScope.Loopback)]
    [DataRow("::2", AddressScope.Reserved)]
    [DataRow("::ffff:127.0.0.1", AddressScope.Loopback)]
    [DataRow("::ffff:10.0.0.1", AddressScope.Private)]
    [DataRow("::ffff:8.8.8.8", AddressScope.Public)]
    [DataRow("fe80::1", AddressScope.LinkLocal)]
    [DataRow("febf::1", AddressScope.LinkLocal)]
    [DataRow("fec0::1", AddressScope.Private)]
    [DataRow("fc00::1", AddressScope.Private)]
    [DataRow("fd12:3456::1", AddressScope.Private)]
    [DataRow("ff02::fb", AddressScope.Multicast)]
    [DataRow("2001:db8::1", AddressScope.Documentation)]
    [DataRow("3fff:fff::1", AddressScope.Documentation)]
    [DataRow("3fff:1000::1", AddressScope.Public)]
    [DataRow("2606:4700::1111", AddressScope.Public)]
    [DataRow("64:ff9b::8.8.8.8", AddressScope.Public)]
    [DataRow("64:ff9b::10.0.0.1", AddressScope.Private)]
    [DataRow("64:ff9b::127.0.0.1", AddressScope.Loopback)]
    [DataRow("64:ff9b:1::1", AddressScope.Private)]
    [DataRow("2002:0a00:0001::1", AddressScope.Private)]
    [DataRow("2002:0808:0808::1", AddressScope.Public)]
    [DataRow("2001:2::1", AddressScope.Reserved)]
    [DataRow("2001:20::1", AddressScope.Reserved)]
    [DataRow("100::1", AddressScope.Reserved)]
    [DataRow("4000::1", AddressScope.Reserved)]
    public void Knows_from_where_an_ip_address_is_reached(string text, AddressScope expected)
    {
        var ip = IPAddress.Parse(text);
        Assert.AreEqual(expected, ip.GetScope());
        Assert.AreEqual(expected, Multiaddress.FromIPEndPoint(new IPEndPoint(ip, 1), System.Net.Sockets.ProtocolType.Udp).GetScope());
    }

    [TestMethod]
    [DataRow("/dns4/localhost/tcp/1", AddressScope.Loopback)]
    [DataRow("/dns/a.LOCALHOST./tcp/1", AddressScope.Loopback)]
    [DataRow("/dns/notlocalhost/tcp/1", AddressScope.Public)]
    [DataRow("/dns/printer.local/tcp/1", AddressScope.Private)]
    [DataRow("/dns/nas.home.arpa/tcp/1", AddressScope.Private)]
    [DataRow("/dns6/ip-10-0-1-78.compute.internal/tcp/1", AddressScope.Private)]
    [DataRow("/dns/peer.example.com/tcp/1", AddressScope.Documentation)]
    [DataRow("/dns/peer.invalid/tcp/1", AddressScope.Reserved)]
    [DataRow("/dnsaddr/bootstrap.libp2p.io", AddressScope.Public)]
    [DataRow("/ip6zone/eth0/ip6/fe80::1/tcp/1", AddressScope.LinkLocal)]
    [DataRow("/ip4/10.0.0.1/tcp/1/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC/p2p-circuit", AddressScope.Private)]
    [DataRow("/memory/1", AddressScope.None)]
    [DataRow("/unix/run/peer.sock", AddressScope.None)]
    [DataRow("/p2p-circuit", AddressScope.None)]
    public void Judges_an_address_by_its_first_host(string text, AddressScope expected)
    {
        Assert.AreEqual(expected, Multiaddress.Parse(text).GetScope());
        Assert.AreEqual(expected == AddressScope.Public, Multiaddress.Parse(text).IsPublic());
    }

    [TestMethod]
    public void Knows_the_nat64_prefix_and_unmaps()
    {
        Assert.IsTrue(IPAddress.Parse("64:ff9b::1.2.3.4").IsNat64());
        Assert.IsFalse(IPAddress.Parse("64:ff9b:1::1.2.3.4").IsNat64());
        Assert.IsFalse(IPAddress.Parse("1.2.3.4").IsNat64());
        Assert.AreEqual(IPAddress.Parse("1.2.3.4"), IPAddress.Parse("::ffff:1.2.3.4").Unmap());
        Assert.AreEqual(IPAddress.IPv6Loopback, IPAddress.IPv6Loopback.Unmap());
    }
}
