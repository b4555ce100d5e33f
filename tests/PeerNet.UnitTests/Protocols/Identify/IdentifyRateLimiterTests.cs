using PeerNet.Core.Time;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;

namespace PeerNet.UnitTests.Protocols.Identify;

[TestClass]
public sealed class IdentifyRateLimiterTests
{
    private static readonly Instant Start = new(1_000_000_000);

    private readonly IdentifyRateLimiter _limiter = new(new IdentifyRateLimits(), Start);

    [TestMethod]
    public void A_network_has_ten_at_once_and_one_every_five_seconds()
    {
        Assert.AreEqual(10, Take("/ip4/8.8.8.8/tcp/1", 20, Start));
        Assert.AreEqual(0, Take("/ip4/8.8.8.200/tcp/1", 1, Start), "the same /24");
        Assert.AreEqual(10, Take("/ip4/8.8.9.8/tcp/1", 20, Start), "another /24");
        Assert.AreEqual(1, Take("/ip4/8.8.8.8/tcp/1", 20, Start + TimeSpan.FromSeconds(5)));
        Assert.AreEqual(10, Take("/ip4/8.8.8.8/tcp/1", 20, Start + TimeSpan.FromHours(5)));
    }

    [TestMethod]
    public void An_IPv6_provider_is_limited_over_its_sites()
    {
        var taken = Enumerable.Range(0, 10).Sum(site => Take($"/ip6/2a00:1:2:{site:x}00::1/tcp/1", 10, Start));
        Assert.AreEqual(20, taken);
        Assert.AreEqual(10, Take("/ip6/2a00:1:3::1/tcp/1", 20, Start));
    }

    [TestMethod]
    [DataRow("/ip4/127.0.0.1/tcp/1")]
    [DataRow("/ip4/192.168.1.1/tcp/1")]
    [DataRow("/ip6/::1/tcp/1")]
    [DataRow("/memory/1")]
    public void This_machine_and_private_networks_are_free(string address) => Assert.AreEqual(1000, Take(address, 1000, Start));

    [TestMethod]
    public void All_together_have_3000_at_once()
    {
        var taken = Enumerable.Range(0, 400).Sum(i => Take($"/ip4/8.{i / 250}.{i % 250}.1/tcp/1", 10, Start));
        Assert.AreEqual(3000, taken);
    }

    [TestMethod]
    public void Remembers_a_bounded_number_of_networks()
    {
        for (var i = 0; i < 20_000; i++)
            _limiter.TryTake(Multiaddress.Parse($"/ip4/8.{i / 250}.{i % 250}.1/tcp/1"), Start);
        Assert.IsLessThanOrEqualTo(IdentifyRateLimiter.MaxNetworks, _limiter.Count);
    }

    [TestMethod]
    public void Without_limits_everything_passes()
    {
        var limiter = new IdentifyRateLimiter(IdentifyRateLimits.None, Start);
        for (var i = 0; i < 10_000; i++)
            Assert.IsTrue(limiter.TryTake(Multiaddress.Parse("/ip4/8.8.8.8/tcp/1"), Start));
    }

    private int Take(string address, int times, Instant now)
    {
        var remote = Multiaddress.Parse(address);
        return Enumerable.Range(0, times).Count(_ => _limiter.TryTake(remote, now));
    }
}
