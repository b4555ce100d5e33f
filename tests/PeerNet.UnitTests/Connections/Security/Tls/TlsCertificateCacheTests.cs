using Microsoft.Extensions.Time.Testing;
using PeerNet.Connections.Security.Tls;
using PeerNet.Identity;

namespace PeerNet.UnitTests.Connections.Security.Tls;

[TestClass]
public sealed class TlsCertificateCacheTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [TestMethod]
    public void Serves_one_certificate_and_renews_it_when_it_has_served_its_time()
    {
        using var identity = PrivateKey.Generate();
        var cache = new TlsCertificateCache(identity, _time);
        var first = cache.Get();
        _time.Advance(TlsCertificateCache.ServiceLife - TimeSpan.FromSeconds(1));
        Assert.AreSame(first, cache.Get());
        _time.Advance(TimeSpan.FromSeconds(1));
        var second = cache.Get();
        Assert.AreNotSame(first, second);
        Assert.IsTrue(LibP2PCertificate.TryVerify(second.TargetCertificate, _time.GetUtcNow(), out var key, out _));
        Assert.AreEqual(identity.PublicKey, key);
    }

    [TestMethod]
    public void Renews_the_certificate_when_the_clock_is_set_back()
    {
        using var identity = PrivateKey.Generate();
        var clock = new SettableClock { Now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero) };
        var cache = new TlsCertificateCache(identity, clock);
        var first = cache.Get();
        clock.Now = clock.Now.AddYears(-3);
        var second = cache.Get();
        Assert.AreNotSame(first, second);
        Assert.IsTrue(LibP2PCertificate.TryVerify(second.TargetCertificate, clock.Now, out _, out _));
    }

    private sealed class SettableClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
