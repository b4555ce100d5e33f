using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class MultiaddressPeerIdTests
{
    private const string Id = "12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC";
    private const string Relay = "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC";

    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/4001", null)]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Id}", Id)]
    [DataRow($"/p2p/{Id}", Id)]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit/p2p/{Id}", Id)]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit", null, DisplayName = "the relay is not the peer at the end")]
    public void The_peer_is_the_one_at_the_end(string text, string? expected)
    {
        Assert.AreEqual(expected is not null, Multiaddress.Parse(text).TryGetPeerId(out var id));
        Assert.AreEqual(expected, id?.ToString());
    }

    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/4001", $"/ip4/192.0.2.1/tcp/4001/p2p/{Id}")]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Id}", $"/ip4/192.0.2.1/tcp/4001/p2p/{Id}")]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}", $"/ip4/192.0.2.1/tcp/4001/p2p/{Id}")]
    [DataRow($"/p2p/{Relay}", $"/p2p/{Id}")]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit", $"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit/p2p/{Id}")]
    public void An_address_gets_one_peer_id_at_its_end(string text, string expected)
        => Assert.AreEqual(expected, Multiaddress.Parse(text).WithPeerId(PeerId.Parse(Id)).ToString());

    [TestMethod]
    [DataRow("/ip4/192.0.2.1/tcp/4001", "/ip4/192.0.2.1/tcp/4001")]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Id}", "/ip4/192.0.2.1/tcp/4001")]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit", $"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit")]
    [DataRow($"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit/p2p/{Id}", $"/ip4/192.0.2.1/tcp/4001/p2p/{Relay}/p2p-circuit")]
    [DataRow($"/p2p/{Id}", $"/p2p/{Id}")]
    public void Only_a_peer_id_at_the_end_is_taken_off(string text, string expected)
        => Assert.AreEqual(expected, Multiaddress.Parse(text).WithoutPeerId().ToString());

    [TestMethod]
    public void Every_spelling_of_the_id_gives_the_same_address()
        => Assert.AreEqual(
            Multiaddress.Parse($"/ip4/192.0.2.1/tcp/4001/p2p/{Id}"),
            Multiaddress.Parse($"/ip4/192.0.2.1/tcp/4001/p2p/{PeerId.Parse(Id).ToCid()}"));
}
