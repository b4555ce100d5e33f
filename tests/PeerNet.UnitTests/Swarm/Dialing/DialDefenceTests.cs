using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Dialing;

namespace PeerNet.UnitTests.Swarm.Dialing;

[TestClass]
public sealed class DialDefenceTests
{
    private static readonly PeerId Peer = PeerId.Parse("12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC");
    private static readonly Multiaddress Address = Multiaddress.Parse("/ip4/1.2.3.4/tcp/4001");

    [TestMethod]
    public void Backs_off_five_seconds_and_then_by_the_square_of_the_failures_up_to_five_minutes()
    {
        var backoff = new DialBackoff();
        var now = new Instant(0);
        int[] waits = [5, 6, 9, 14, 21, 30];
        foreach (var wait in waits)
        {
            backoff.OnFailed(Peer, Address, now);
            Assert.IsTrue(backoff.IsBackingOff(Peer, Address, now + TimeSpan.FromSeconds(wait) - TimeSpan.FromTicks(1)), $"{wait} s");
            now += TimeSpan.FromSeconds(wait);
            Assert.IsFalse(backoff.IsBackingOff(Peer, Address, now), $"{wait} s");
        }

        for (var i = 0; i < 40; i++)
        {
            backoff.OnFailed(Peer, Address, now);
            now += TimeSpan.FromMinutes(5);
            Assert.IsFalse(backoff.IsBackingOff(Peer, Address, now));
        }
    }

    [TestMethod]
    public void Forgets_a_failure_with_success_and_with_time()
    {
        var backoff = new DialBackoff();
        var now = new Instant(0);
        backoff.OnFailed(Peer, Address, now);
        backoff.OnSucceeded(Peer, Address);
        Assert.IsFalse(backoff.IsBackingOff(Peer, Address, now));
        backoff.OnFailed(Peer, Address, now);
        backoff.Collect(now + TimeSpan.FromSeconds(9));
        Assert.AreEqual(1, backoff.Count);
        backoff.Collect(now + TimeSpan.FromSeconds(10));
        Assert.AreEqual(0, backoff.Count);
    }

    [TestMethod]
    public void Remembers_a_bounded_number_of_addresses()
    {
        var backoff = new DialBackoff();
        for (var i = 0; i < DialBackoff.MaxEntries + 100; i++)
            backoff.OnFailed(Peer, Multiaddress.Parse($"/ip4/1.2.{i / 256}.{i % 256}/tcp/4001"), new Instant(0));
        Assert.AreEqual(DialBackoff.MaxEntries, backoff.Count);
    }

    [TestMethod]
    public void A_class_that_leads_nowhere_is_probed_once_in_a_hundred_dials()
    {
        var detector = new BlackHoleDetector();
        for (var i = 0; i < BlackHoleDetector.Window; i++)
        {
            Assert.IsTrue(detector.AllowDial());
            detector.Record(succeeded: i < BlackHoleDetector.MinSuccesses - 1);
        }

        Assert.IsTrue(detector.IsBlocked);
        Assert.AreEqual(10, Enumerable.Range(0, 10 * BlackHoleDetector.Window).Count(_ => detector.AllowDial()));
        detector.Record(succeeded: true);
        Assert.IsFalse(detector.IsBlocked);
        Assert.IsTrue(detector.AllowDial());
    }

    [TestMethod]
    public void A_class_with_five_successes_in_a_hundred_is_no_black_hole()
    {
        var detector = new BlackHoleDetector();
        for (var i = 0; i < 10 * BlackHoleDetector.Window; i++)
            detector.Record(succeeded: i % (BlackHoleDetector.Window / BlackHoleDetector.MinSuccesses) == 0);
        Assert.IsFalse(detector.IsBlocked);
    }

    [TestMethod]
    public void An_endpoint_said_to_belong_to_a_thousand_peers_is_spared_after_a_few_dials()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var defences = new DialDefences(time, new DialOptions());
        var dials = 0;
        for (var i = 0; i < 1000; i++)
        {
            var seed = new byte[32];
            BitConverter.TryWriteBytes(seed, i + 1);
            var peer = PrivateKey.FromEd25519Seed(seed).PeerId;
            if (defences.IsBackingOff(peer, Address))
                continue;
            dials++;
            defences.OnFailed(peer, Address, PeerNet.Core.Errors.DialFailure.UnexpectedPeer);
        }

        Assert.AreEqual(EndPointGuard.MaxFailures, dials);
        time.Advance(EndPointGuard.Window);
        Assert.IsFalse(defences.IsBackingOff(Peer, Address));
        defences.OnFailed(Peer, Address, PeerNet.Core.Errors.DialFailure.LocalNetwork);
        Assert.IsFalse(defences.IsBackingOff(Peer, Address), "the local network says nothing about anybody");
    }
}
