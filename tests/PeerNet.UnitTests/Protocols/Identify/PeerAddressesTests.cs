using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class PeerAddressesTests
{
    private const string Loopback = "/ip4/127.0.0.1/tcp/1";
    private const string Private = "/ip4/192.168.1.2/tcp/1";
    private const string Public = "/ip4/8.8.8.8/tcp/1";

    [TestMethod]
    [DataRow(Loopback, Loopback, true)]
    [DataRow(Private, Loopback, true)]
    [DataRow(Public, Loopback, true)]
    [DataRow("/memory/7", Loopback, true)]
    [DataRow(Loopback, "/memory/1", true)]
    [DataRow("/memory/7", "/memory/1", true)]
    [DataRow(Loopback, Private, false)]
    [DataRow(Private, Private, true)]
    [DataRow(Public, Private, true)]
    [DataRow("/memory/7", Private, false)]
    [DataRow("/ip6/fe80::1/tcp/1", Private, false)]
    [DataRow("/ip6/fe80::1/tcp/1", "/ip6/fe80::2/tcp/9", true)]
    [DataRow(Loopback, Public, false)]
    [DataRow(Private, Public, false)]
    [DataRow("/ip4/100.64.0.1/tcp/1", Public, false)]
    [DataRow(Public, Public, true)]
    [DataRow("/dns4/node.libp2p.io/tcp/1", Public, true)]
    [DataRow("/dns4/localhost/tcp/1", Public, false)]
    [DataRow("/ip4/0.0.0.0/tcp/1", Loopback, false)]
    [DataRow("/ip4/224.0.0.1/tcp/1", Loopback, false)]
    public void An_address_is_for_peers_of_its_own_scope(string address, string remote, bool fits)
        => Assert.AreEqual(fits, PeerAddresses.FitsScope(Multiaddress.Parse(address), Multiaddress.Parse(remote)));

    [TestMethod]
    [DataRow("/ip4/8.8.8.8/tcp/1", true)]
    [DataRow("/ip4/8.8.8.8/udp/1/quic-v1", true)]
    [DataRow("/dns4/a.b/tcp/443/tls/ws", true)]
    [DataRow("/ip4/8.8.8.8/tcp/1/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC/p2p-circuit", true)]
    [DataRow("/unix/a", false)]
    [DataRow("/memory/7", false)]
    [DataRow("/ip6zone/eth0/ip6/fe80::1/tcp/1", false)]
    [DataRow("/ip4/8.8.8.8/udp/1/quic", false)]
    public void Only_addresses_that_all_can_read_go_into_a_signed_record(string address, bool common)
        => Assert.AreEqual(common, PeerAddresses.IsCommon(Multiaddress.Parse(address)));
}
