using System.Net;
using PeerNet.Core.Time;
using PeerNet.Swarm.Listening;

namespace PeerNet.UnitTests.Swarm.Listening;

[TestClass]
public sealed class AddressLimiterTests
{
    private static readonly IPAddress Host = IPAddress.Parse("1.2.3.4");
    private static readonly Instant Start = new(0);

    [TestMethod]
    public void Counts_connections_of_an_address_and_gives_places_back()
    {
        var limiter = new AddressLimiter(new AddressLimits { Rate = double.PositiveInfinity });
        for (var i = 0; i < 8; i++)
            Assert.IsTrue(limiter.TryEnter(Host, Start));
        Assert.IsFalse(limiter.TryEnter(Host, Start));
        Assert.IsFalse(limiter.TryEnter(Host.MapToIPv6(), Start), "a mapped spelling is the same address");
        Assert.IsTrue(limiter.TryEnter(IPAddress.Parse("1.2.3.5"), Start));
        limiter.Leave(Host);
        Assert.IsTrue(limiter.TryEnter(Host, Start));
    }

    [TestMethod]
    public void Limits_the_rate_of_new_connections()
    {
        var limiter = new AddressLimiter(new AddressLimits());
        for (var i = 0; i < 16; i++)
        {
            Assert.IsTrue(limiter.TryEnter(Host, Start));
            limiter.Leave(Host);
        }

        Assert.IsFalse(limiter.TryEnter(Host, Start));
        Assert.IsFalse(limiter.TryEnter(Host, Start + TimeSpan.FromSeconds(4.9)));
        Assert.IsTrue(limiter.TryEnter(Host, Start + TimeSpan.FromSeconds(5)));
    }

    [TestMethod]
    public void An_ip6_site_counts_as_one_and_a_provider_prefix_has_a_limit_too()
    {
        var limiter = new AddressLimiter(new AddressLimits { Rate = double.PositiveInfinity, ProviderRate = double.PositiveInfinity });
        for (var i = 0; i < 8; i++)
            Assert.IsTrue(limiter.TryEnter(IPAddress.Parse($"2a00:1:2:300::{i + 1}"), Start));
        Assert.IsFalse(limiter.TryEnter(IPAddress.Parse("2a00:1:2:3ff::9"), Start));
        var more = 0;
        for (var site = 0; site < 100; site++)
            more += limiter.TryEnter(IPAddress.Parse($"2a00:1:2:{site:x}00::1"), Start) ? 1 : 0;
        Assert.AreEqual(56, more);
    }

    [TestMethod]
    public void Does_not_limit_this_machine_itself()
    {
        var limiter = new AddressLimiter(new AddressLimits());
        for (var i = 0; i < 10_000; i++)
            Assert.IsTrue(limiter.TryEnter(IPAddress.Loopback, Start) && limiter.TryEnter(IPAddress.IPv6Loopback, Start));
        Assert.AreEqual(0, limiter.Count);
    }

    [TestMethod]
    public void Forgets_addresses_and_stays_bounded_under_a_flood_of_them()
    {
        var limiter = new AddressLimiter(new AddressLimits());
        for (var i = 0; i < AddressLimiter.MaxEntries + 1000; i++)
        {
            var address = new IPAddress([1, (byte)(i >> 16), (byte)(i >> 8), (byte)i]);
            if (limiter.TryEnter(address, Start))
                limiter.Leave(address);
        }

        Assert.IsLessThanOrEqualTo(AddressLimiter.MaxEntries, limiter.Count);
        limiter.Collect(Start + TimeSpan.FromSeconds(5));
        Assert.AreEqual(0, limiter.Count);
    }
}
