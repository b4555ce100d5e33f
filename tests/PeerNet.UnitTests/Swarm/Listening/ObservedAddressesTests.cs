using System.Net;
using PeerNet.Multiformats;
using PeerNet.Swarm.Listening;

namespace PeerNet.UnitTests.Swarm.Listening;

[TestClass]
public sealed class ObservedAddressesTests
{
    private static readonly Multiaddress Listener = Multiaddress.Parse("/ip4/0.0.0.0/tcp/4001");
    private static readonly Multiaddress External = Multiaddress.Parse("/ip4/9.9.9.9/tcp/5001");
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [TestMethod]
    public void Becomes_active_when_four_distinct_observers_agree()
    {
        var observed = new ObservedAddresses(4);
        for (var i = 1; i <= 3; i++)
            observed.Record(i, Listener, External, IPAddress.Parse($"1.1.1.{i}"), Now);
        observed.Record(10, Listener, External, IPAddress.Parse("1.1.1.3"), Now);
        Assert.IsFalse(observed.Read().Single().IsActive, "the same observer twice is one");
        observed.Record(11, Listener, External, IPAddress.Parse("1.1.1.4"), Now);
        Assert.IsTrue(observed.Read().Single().IsActive);
        observed.Remove(11);
        Assert.IsFalse(observed.Read().Single().IsActive, "a report ends with its connection");
    }

    [TestMethod]
    public void Observers_of_one_ip6_site_count_as_one()
    {
        var observed = new ObservedAddresses(2);
        observed.Record(1, Listener, External, IPAddress.Parse("2a00:1:2:300::1"), Now);
        observed.Record(2, Listener, External, IPAddress.Parse("2a00:1:2:3ff::2"), Now);
        Assert.AreEqual(1, observed.Read().Single().Observers);
        observed.Record(3, Listener, External, IPAddress.Parse("2a00:1:2:400::2"), Now);
        Assert.AreEqual(2, observed.Read().Single().Observers);
    }

    [TestMethod]
    public void A_later_report_of_the_same_connection_replaces_the_earlier()
    {
        var observed = new ObservedAddresses(1);
        observed.Record(1, Listener, External, IPAddress.Parse("1.1.1.1"), Now);
        observed.Record(1, Listener, Multiaddress.Parse("/ip4/9.9.9.9/tcp/6001"), IPAddress.Parse("1.1.1.1"), Now.AddSeconds(1));
        Assert.AreEqual("/ip4/9.9.9.9/tcp/6001", observed.Read().Single().Address.ToString());
    }

    [TestMethod]
    public void At_most_three_addresses_of_a_listener_are_active()
    {
        var observed = new ObservedAddresses(1);
        for (var i = 0; i < 10; i++)
            observed.Record(i, Listener, Multiaddress.Parse($"/ip4/9.9.9.{i}/tcp/5001"), IPAddress.Parse($"1.1.1.{i}"), Now);
        Assert.AreEqual(3, observed.Read().Count(address => address.IsActive));
        observed.RemoveListener(Listener);
        Assert.AreEqual(0, observed.Read().Count);
    }

    [TestMethod]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/ip4/9.9.9.9/tcp/5001", "/ip4/9.9.9.9/tcp/5001")]
    [DataRow("/ip4/0.0.0.0/tcp/4001/ws", "/ip4/9.9.9.9/tcp/5001", "/ip4/9.9.9.9/tcp/5001/ws")]
    [DataRow("/ip4/10.0.0.1/udp/4001/quic-v1", "/ip4/9.9.9.9/udp/5001/quic-v1", "/ip4/9.9.9.9/udp/5001/quic-v1")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/ip6/::ffff:9.9.9.9/tcp/5001", "/ip4/9.9.9.9/tcp/5001")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/ip4/127.0.0.1/tcp/5001", null, DisplayName = "loopback")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/ip6/2a00::1/tcp/5001", null, DisplayName = "another family")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/ip4/9.9.9.9/udp/5001/quic-v1", null, DisplayName = "another protocol")]
    [DataRow("/ip6/::/tcp/4001", "/ip6/64:ff9b::909:909/tcp/5001", null, DisplayName = "NAT64")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/ip4/9.9.9.9/tcp/5001/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC/p2p-circuit", null, DisplayName = "over a relay")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/dns4/example.com/tcp/5001", null, DisplayName = "a name")]
    [DataRow("/ip4/0.0.0.0/tcp/4001", "/p2p/12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC", null, DisplayName = "a bare id")]
    public void Makes_the_external_address_of_a_report(string listener, string report, string? expected)
        => Assert.AreEqual(expected, ObservedAddresses.Interpret(Multiaddress.Parse(listener), Multiaddress.Parse(report))?.ToString());

    [TestMethod]
    [DataRow("/ip4/10.0.0.1/tcp/4001", "/ip4/0.0.0.0/tcp/4001", true)]
    [DataRow("/ip4/10.0.0.1/tcp/4001", "/ip4/10.0.0.1/tcp/4001", true)]
    [DataRow("/ip4/10.0.0.1/tcp/50000", "/ip4/0.0.0.0/tcp/4001", false, DisplayName = "an ephemeral port says nothing")]
    [DataRow("/ip4/10.0.0.2/tcp/4001", "/ip4/10.0.0.1/tcp/4001", false)]
    [DataRow("/ip4/10.0.0.1/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001", false)]
    [DataRow("/ip6/2a00::1/tcp/4001", "/ip4/0.0.0.0/tcp/4001", false)]
    public void Knows_which_listener_a_connection_belongs_to(string local, string listener, bool expected)
        => Assert.AreEqual(expected, ObservedAddresses.BelongsTo(Multiaddress.Parse(local), Multiaddress.Parse(listener)));
}
