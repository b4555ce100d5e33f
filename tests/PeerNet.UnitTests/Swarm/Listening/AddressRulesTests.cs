using System.Net;
using PeerNet.Multiformats;
using PeerNet.Swarm.Listening;

namespace PeerNet.UnitTests.Swarm.Listening;

[TestClass]
public sealed class AddressRulesTests
{
    private const string Loopback = "/ip4/127.0.0.1/tcp/1";
    private const string Lan = "/ip4/192.168.1.2/tcp/1";
    private const string Public = "/ip4/8.8.8.8/tcp/1";
    private const string LinkLocal = "/ip6zone/eth0/ip6/fe80::1/tcp/1";
    private const string Metadata = "/ip4/169.254.169.254/tcp/80";
    private const string Any = "/ip4/0.0.0.0/tcp/1";
    private const string Group = "/ip4/224.0.0.1/tcp/1";
    private const string Circuit = "/ip4/8.8.4.4/tcp/1/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC/p2p-circuit";

    [TestMethod]
    [DataRow("/ip4/127.0.0.1/tcp/9", Loopback + " " + Lan + " " + Public + " " + Circuit)]
    [DataRow("/ip4/192.168.1.9/tcp/9", Lan + " " + Public + " " + Circuit)]
    [DataRow("/ip4/9.9.9.9/tcp/9", Public + " " + Circuit)]
    [DataRow(Circuit, Public + " " + Circuit)]
    public void A_peer_is_told_and_believed_only_what_can_be_meant(string remote, string kept)
    {
        string[] all = [Loopback, Lan, Public, LinkLocal, Metadata, Any, Group, Circuit, Lan];
        var result = AddressRules.BelievableFrom(Multiaddress.Parse(remote), [.. all.Select(Multiaddress.Parse)]);
        Assert.AreEqual(kept, string.Join(' ', result));
    }

    [TestMethod]
    public void A_network_that_is_not_to_be_announced_is_not()
    {
        Assert.IsFalse(AddressRules.MayAdvertise(Multiaddress.Parse(Lan), [IPNetwork.Parse("192.168.0.0/16")]));
        Assert.IsTrue(AddressRules.MayAdvertise(Multiaddress.Parse(Public), [IPNetwork.Parse("192.168.0.0/16")]));
        Assert.IsFalse(AddressRules.MayAdvertise(Multiaddress.Parse(LinkLocal), []));
        Assert.IsTrue(AddressRules.MayAdvertise(Multiaddress.Parse("/dns4/example.com/tcp/1"), [IPNetwork.Parse("192.168.0.0/16")]));
    }

    [TestMethod]
    public void An_unspecified_address_stands_for_all_interfaces_of_its_family()
    {
        IPAddress[] interfaces = [IPAddress.Loopback, IPAddress.Parse("192.168.1.2"), IPAddress.Parse("2a00::1"), IPAddress.Parse("fe80::1%3")];
        CollectionAssert.AreEqual(
            new[] { "/ip4/127.0.0.1/tcp/1/ws", "/ip4/192.168.1.2/tcp/1/ws" },
            AddressExpander.Expand(Multiaddress.Parse("/ip4/0.0.0.0/tcp/1/ws"), interfaces).Select(a => a.ToString()).ToArray());
        CollectionAssert.AreEqual(
            new[] { "/ip6/2a00::1/udp/1/quic-v1", "/ip6zone/3/ip6/fe80::1/udp/1/quic-v1" },
            AddressExpander.Expand(Multiaddress.Parse("/ip6/::/udp/1/quic-v1"), interfaces).Select(a => a.ToString()).ToArray());
        Assert.AreEqual(Public, AddressExpander.Expand(Multiaddress.Parse(Public), interfaces).Single().ToString());
        Assert.AreEqual(Circuit, AddressExpander.Expand(Multiaddress.Parse(Circuit), interfaces).Single().ToString());
    }
}
