using System.Net;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Gating;

namespace PeerNet.UnitTests.Swarm.Gating;

[TestClass]
public sealed class ConnectionGaterTests
{
    private static readonly PeerId Friend = PeerId.Parse("12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC");
    private static readonly PeerId Stranger = PeerId.Parse("QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC");
    private static readonly Multiaddress Near = Multiaddress.Parse("/ip4/10.0.0.1/tcp/4001");
    private static readonly Multiaddress Far = Multiaddress.Parse("/ip4/1.2.3.4/tcp/4001");
    private static readonly IPNetwork NearNetwork = IPNetwork.Parse("10.0.0.0/8");

    [TestMethod]
    public void Refuses_nothing_without_rules()
    {
        var gater = new ConnectionGater();
        Assert.IsTrue(gater.AllowDial(Friend) && gater.AllowDial(Friend, Far) && gater.AllowAccept(Near, Far) && gater.AllowSecured(Direction.Inbound, Friend, Far));
    }

    [TestMethod]
    public void Refuses_a_denied_peer_wherever_it_is()
    {
        var gater = new ConnectionGater();
        gater.Deny(Stranger);
        Assert.IsFalse(gater.AllowDial(Stranger));
        Assert.IsFalse(gater.AllowSecured(Direction.Inbound, Stranger, Near));
        Assert.IsTrue(gater.AllowAccept(Near, Far), "before the handshake nobody knows");
        gater.RemoveDenied(Stranger);
        Assert.IsTrue(gater.AllowDial(Stranger));
    }

    [TestMethod]
    [DataRow("/ip4/1.2.3.4/tcp/4001")]
    [DataRow("/ip6/::ffff:1.2.3.4/tcp/4001")]
    [DataRow("/ip4/1.2.3.4/udp/1/quic-v1")]
    public void Refuses_a_denied_address_in_every_spelling(string address)
    {
        var gater = new ConnectionGater();
        gater.Deny(IPAddress.Parse("1.2.3.4"));
        var parsed = Multiaddress.Parse(address);
        Assert.IsFalse(gater.AllowAccept(Near, parsed));
        Assert.IsFalse(gater.AllowDial(Friend, parsed));
        Assert.IsFalse(gater.AllowSecured(Direction.Inbound, Friend, parsed));
    }

    [TestMethod]
    public void With_an_allow_list_of_networks_only_those_may_come()
    {
        var gater = new ConnectionGater();
        gater.Allow(NearNetwork);
        Assert.IsTrue(gater.AllowAccept(Near, Near));
        Assert.IsFalse(gater.AllowAccept(Near, Far));
        Assert.IsFalse(gater.AllowDial(Friend, Far));
    }

    [TestMethod]
    public void An_allowed_peer_may_come_from_anywhere_but_a_denied_network()
    {
        var gater = new ConnectionGater();
        gater.Allow(NearNetwork);
        gater.Allow(Friend);
        Assert.IsTrue(gater.AllowAccept(Near, Far), "it may be the friend");
        Assert.IsTrue(gater.AllowSecured(Direction.Inbound, Friend, Far));
        Assert.IsFalse(gater.AllowSecured(Direction.Inbound, Stranger, Far));
        Assert.IsFalse(gater.AllowSecured(Direction.Inbound, Stranger, Near), "peers are listed too");
        gater.Deny(IPNetwork.Parse("1.2.3.0/24"));
        Assert.IsFalse(gater.AllowSecured(Direction.Inbound, Friend, Far));
        Assert.IsFalse(gater.AllowAccept(Near, Far));
    }

    [TestMethod]
    public void The_address_of_a_relay_says_nothing_about_the_peer_behind_it()
    {
        var gater = new ConnectionGater();
        gater.Allow(NearNetwork);
        Assert.IsTrue(gater.AllowDial(Friend, Multiaddress.Parse($"/ip4/1.2.3.4/tcp/4001/p2p/{Stranger}/p2p-circuit")));
    }

    [TestMethod]
    public void An_added_gate_is_asked_until_it_is_taken_away()
    {
        var gater = new ConnectionGater();
        var gate = gater.Add(new NoDials());
        Assert.IsFalse(gater.AllowDial(Friend));
        Assert.IsTrue(gater.AllowAccept(Near, Far));
        gate.Dispose();
        gate.Dispose();
        Assert.IsTrue(gater.AllowDial(Friend));
    }

    [TestMethod]
    public void Rules_survive_in_a_file_and_a_bad_entry_harms_no_other()
    {
        var path = Path.Combine(Path.GetTempPath(), $"peernet-gater-{Guid.NewGuid():N}", "rules.json");
        try
        {
            var gater = new ConnectionGater(new FileGaterStore(path));
            gater.Deny(Stranger);
            gater.Deny(NearNetwork);
            gater.Allow(Friend);
            Assert.AreEqual(1, Directory.GetFiles(Path.GetDirectoryName(path)!).Length, "nothing lies beside it");

            var again = new ConnectionGater(new FileGaterStore(path));
            Assert.IsTrue(again.Rules.DeniedPeers.Contains(Stranger));
            Assert.IsTrue(again.Rules.DeniedNetworks.Contains(NearNetwork));
            Assert.IsTrue(again.Rules.AllowedPeers.Contains(Friend));

            File.WriteAllText(path, $$"""{"deniedPeers":["nobody","{{Stranger}}"],"deniedNetworks":["10.0.0.0/99"],"more":1}""");
            var store = new FileGaterStore(path);
            Assert.AreEqual(1, store.Load().DeniedPeers.Count);
            Assert.AreEqual(2, store.UnreadableEntries);

            File.WriteAllText(path, "{");
            Assert.ThrowsExactly<InvalidDataException>(() => store.Load());
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    private sealed class NoDials : IConnectionGate
    {
        public bool AllowDial(PeerId peer) => false;
    }
}
