using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class PeerAddressesTests
{
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
