using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm.Trimming;

namespace PeerNet.UnitTests.Swarm.Trimming;

[TestClass]
public sealed class RedialScheduleTests
{
    private static readonly PeerId Peer = PeerId.Parse("12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC");

    [TestMethod]
    public void Dials_at_once_then_with_waits_that_double_up_to_the_limit()
    {
        var schedule = new RedialSchedule(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), new Random(1));
        var now = new Instant(0);
        schedule.Add(Peer, isConnected: false, now);
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 })
        {
            CollectionAssert.AreEqual(new[] { Peer }, schedule.TakeDue(now));
            Assert.AreEqual(0, schedule.TakeDue(now + TimeSpan.FromHours(1)).Count, "one dial at a time");
            schedule.OnFailed(Peer, now);
            Assert.AreEqual(0, schedule.TakeDue(now + TimeSpan.FromSeconds(0.74 * seconds)).Count);
            now += TimeSpan.FromSeconds(1.26 * seconds);
        }
    }

    [TestMethod]
    public void A_connection_that_lasts_starts_the_waits_anew_and_one_that_does_not_lets_them_grow()
    {
        var schedule = new RedialSchedule(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), new Random(1));
        var now = new Instant(0);
        schedule.Add(Peer, isConnected: false, now);
        for (var i = 0; i < 5; i++)
        {
            Assert.AreEqual(1, schedule.TakeDue(now).Count);
            schedule.OnConnected(Peer, now);
            schedule.OnDialed(Peer);
            schedule.OnDisconnected(Peer, now);
            now += TimeSpan.FromSeconds(1.26 * (1 << i));
        }

        Assert.AreEqual(1, schedule.TakeDue(now).Count);
        schedule.OnConnected(Peer, now);
        schedule.OnDialed(Peer);
        Assert.AreEqual(0, schedule.TakeDue(now + TimeSpan.FromDays(1)).Count);
        now += TimeSpan.FromDays(1);
        schedule.OnDisconnected(Peer, now);
        Assert.AreEqual(1, schedule.TakeDue(now + TimeSpan.FromSeconds(1.26)).Count);
    }

    [TestMethod]
    public void A_connection_lost_before_its_dial_was_reported_is_dialled_again()
    {
        var schedule = new RedialSchedule(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5), new Random(1));
        var now = new Instant(0);
        schedule.Add(Peer, isConnected: false, now);
        schedule.TakeDue(now);
        schedule.OnConnected(Peer, now);
        schedule.OnDisconnected(Peer, now);
        schedule.OnDialed(Peer);
        Assert.AreEqual(1, schedule.TakeDue(now + TimeSpan.FromSeconds(2)).Count);
    }
}
