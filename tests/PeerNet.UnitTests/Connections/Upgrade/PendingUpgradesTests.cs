using PeerNet.Connections.Upgrade;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Connections.Upgrade;

[TestClass]
public sealed class PendingUpgradesTests
{
    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.200/tcp/9", true)]
    [DataRow("/ip4/192.0.2.1/tcp/1", "/ip4/192.0.3.1/tcp/1", false)]
    [DataRow("/ip6/2001:db8:0:ff01::1/tcp/1", "/ip6/2001:db8:0:ff02::1/tcp/1", true)]
    [DataRow("/ip6/2001:db8:0:ff01::1/tcp/1", "/ip6/2001:db8:0:fe01::1/tcp/1", false)]
    [DataRow("/ip6/::ffff:192.0.2.1/tcp/1", "/ip4/192.0.2.7/tcp/1", true)]
    [DataRow("/memory/1", "/memory/2", true)]
    [DataRow("/memory/1", "/ip4/0.0.0.0/tcp/1", false)]
    public void Neighbours_are_one_group(string left, string right, bool same)
        => Assert.AreEqual(same, AddressGroup.Of(Multiaddress.Parse(left)) == AddressGroup.Of(Multiaddress.Parse(right)));

    [TestMethod]
    public void The_oldest_of_the_busiest_group_gives_way()
    {
        var pending = new PendingUpgrades(4);
        var first = Enter(pending, 1, out _);
        var busyOld = Enter(pending, 2, out _);
        Enter(pending, 2, out _);
        Enter(pending, 3, out var none);
        Assert.IsNull(none);
        Enter(pending, 4, out var evicted);
        Assert.AreSame(busyOld, evicted);
        Assert.AreEqual(4, pending.Count);

        // Now every group has one member: the oldest of all goes.
        Enter(pending, 5, out evicted);
        Assert.AreSame(first, evicted);
    }

    [TestMethod]
    public void A_flood_from_one_group_never_evicts_a_stranger()
    {
        var pending = new PendingUpgrades(8);
        var stranger = Enter(pending, 7, out _);
        for (var i = 0; i < 1000; i++)
        {
            Enter(pending, 1, out var evicted);
            Assert.AreNotSame(stranger, evicted);
        }

        Assert.AreEqual(8, pending.Count);
        pending.Leave(stranger);
        pending.Leave(stranger);
        Assert.AreEqual(7, pending.Count);
    }

    private static PendingUpgrade Enter(PendingUpgrades pending, int group, out PendingUpgrade? evicted)
    {
        pending.Enter(new AddressGroup((UInt128)group), out var entered, out evicted);
        return entered;
    }
}
