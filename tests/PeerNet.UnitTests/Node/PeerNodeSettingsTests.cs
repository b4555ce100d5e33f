using PeerNet.Configuration;

namespace PeerNet.UnitTests.Node;

[TestClass]
public sealed class PeerNodeSettingsTests
{
    private const string Peer = "12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC";

    public static IEnumerable<object[]> BadOptions =>
    [
        ["Listen[0]", (Action<PeerNodeOptions>)(o => o.Listen.Add("/ip4/1.2.3.4/tcp/70000"))],
        ["Listen[1]", (Action<PeerNodeOptions>)(o => { o.Listen.Add("/ip4/127.0.0.1/tcp/0"); o.Listen.Add("127.0.0.1:4001"); })],
        ["Announce[0]", (Action<PeerNodeOptions>)(o => o.Announce.Add(""))],
        ["NoAnnounce[0]", (Action<PeerNodeOptions>)(o => o.NoAnnounce.Add("/ip4/10.0.0.1/ipcidr/33"))],
        ["NoAnnounce[0]", (Action<PeerNodeOptions>)(o => o.NoAnnounce.Add("/dns4/example.com/tcp/1"))],
        ["Bootstrap[0]", (Action<PeerNodeOptions>)(o => o.Bootstrap.Add("/ip4/127.0.0.1/tcp/4001"))],
        ["Transports[0]", (Action<PeerNodeOptions>)(o => o.Transports = ["smoke"])],
        ["Transports", (Action<PeerNodeOptions>)(o => o.Transports = [])],
        ["Security[0]", (Action<PeerNodeOptions>)(o => o.Security = ["secio"])],
        ["Resolver:Servers[0]", (Action<PeerNodeOptions>)(o => o.Resolver.Servers.Add("dns.example"))],
        ["Limits:Streams", (Action<PeerNodeOptions>)(o => o.Limits.Streams = 0)],
        ["Limits:MemoryBytes", (Action<PeerNodeOptions>)(o => o.Limits.MemoryBytes = -1)],
        ["ConnectionManager:High", (Action<PeerNodeOptions>)(o => { o.ConnectionManager.Low = 10; o.ConnectionManager.High = 9; })],
        ["DrainTimeout", (Action<PeerNodeOptions>)(o => o.DrainTimeout = TimeSpan.FromSeconds(-1))],
    ];

    [TestMethod]
    [DynamicData(nameof(BadOptions))]
    public void A_bad_value_is_refused_with_its_key_in_one_line(string key, Action<PeerNodeOptions> spoil)
    {
        var options = new PeerNodeOptions();
        spoil(options);
        var error = Assert.ThrowsExactly<ConfigurationException>(() => PeerNodeSettings.From(options));
        Assert.AreEqual(key, error.Key);
        StringAssert.StartsWith(error.Message, key + ": ");
        Assert.DoesNotContain("\n", error.Message);
    }

    [TestMethod]
    public void White_space_around_addresses_is_nothing()
    {
        var settings = PeerNodeSettings.From(new PeerNodeOptions { Listen = ["  /ip4/127.0.0.1/tcp/0 "], Bootstrap = [$"/ip4/127.0.0.1/tcp/1/p2p/{Peer}\n"] });
        Assert.AreEqual("/ip4/127.0.0.1/tcp/0", settings.Listen[0].ToString());
        Assert.HasCount(1, settings.Bootstrap);
    }

    [TestMethod]
    [DataRow("/ip4/10.0.0.0/ipcidr/8", "10.0.0.0/8")]
    [DataRow("192.0.2.0/24", "192.0.2.0/24")]
    [DataRow("/ip4/192.0.2.7", "192.0.2.7/32")]
    [DataRow("/ip6/fc00::/ipcidr/7", "fc00::/7")]
    public void Networks_are_read_in_both_spellings(string text, string network)
    {
        var settings = PeerNodeSettings.From(new PeerNodeOptions { NoAnnounce = [text] });
        Assert.AreEqual(network, settings.NoAnnounce[0].ToString());
    }
}
