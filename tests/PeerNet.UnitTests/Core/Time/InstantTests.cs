using PeerNet.Core.Time;

namespace PeerNet.UnitTests.Core.Time;

[TestClass]
public sealed class InstantTests
{
    [TestMethod]
    [DataRow(0L, 0L)]
    [DataRow(1L, 10_000L)]
    [DataRow(10_000L, 10_000L)]
    [DataRow(10_001L, 20_000L)]
    [DataRow(-5L, -5L)]
    [DataRow(-10_000L, -10_000L)]
    [DataRow(long.MaxValue, long.MaxValue)]
    public void A_wait_is_rounded_up_to_what_timers_count(long ticks, long rounded)
        => Assert.AreEqual(rounded, TimeSpan.FromTicks(ticks).ForTimer().Ticks);

    [TestMethod]
    public void A_deadline_a_fraction_of_a_millisecond_away_is_still_ahead()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var deadline = time.CreateDeadline(TimeSpan.FromTicks(1));
        Assert.IsFalse(deadline.IsCancellationRequested);
        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.IsTrue(deadline.IsCancellationRequested);
    }
}
