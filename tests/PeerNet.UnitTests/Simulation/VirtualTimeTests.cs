using PeerNet.Simulation.Network;
using PeerNet.Simulation.Time;

namespace PeerNet.UnitTests.Simulation;

[TestClass]
[TestCategory("Simulation")]
public sealed class VirtualTimeTests
{
    private readonly VirtualTime _time = new();

    [TestMethod]
    public void What_is_due_happens_in_order_and_at_the_same_time_as_it_was_asked_for()
    {
        var happened = new List<string>();
        _time.Schedule(TimeSpan.FromSeconds(2), () => happened.Add("c"));
        _time.Schedule(TimeSpan.FromSeconds(1), () => happened.Add("a"));
        _time.Schedule(TimeSpan.FromSeconds(1), () => happened.Add("b"));
        while (_time.TryStep())
        {
        }

        Assert.AreEqual("abc", string.Concat(happened));
        Assert.AreEqual(TimeSpan.FromSeconds(2), _time.Elapsed);
        Assert.AreEqual(VirtualTime.Start.AddSeconds(2), _time.GetUtcNow());
    }

    [TestMethod]
    public void A_timer_repeats_until_it_is_changed_or_disposed()
    {
        var times = new List<TimeSpan>();
        var timer = _time.CreateTimer(_ => times.Add(_time.Elapsed), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Step(2);
        timer.Change(TimeSpan.FromSeconds(10), Timeout.InfiniteTimeSpan);
        Step(1);
        Assert.IsFalse(_time.TryStep());
        CollectionAssert.AreEqual(new[] { 1, 3, 13 }, times.Select(time => (int)time.TotalSeconds).ToArray());
        timer.Change(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        timer.Dispose();
        Assert.IsFalse(_time.TryStep());
        Assert.IsFalse(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
    }

    [TestMethod]
    public void A_clock_that_is_set_moves_the_wall_and_nothing_else()
    {
        var before = _time.GetTimestamp();
        _time.WallOffset = TimeSpan.FromDays(-400);
        Assert.AreEqual(before, _time.GetTimestamp());
        Assert.AreEqual(VirtualTime.Start.AddDays(-400), _time.GetUtcNow());
    }

    [TestMethod]
    public void A_run_wants_a_process_of_its_own()
        => Assert.ThrowsExactly<InvalidOperationException>(() => new Simulator(_time).Run(() => Task.CompletedTask));

    [TestMethod]
    public void Messages_take_at_least_the_way_and_a_lost_one_a_retransmission_more()
    {
        var links = new LinkModel(new LinkOptions { Loss = 0.5 }, seed: 3);
        var (here, there) = (links.NewPlace(), links.NewPlace());
        var oneWay = links.OneWay(here, there);
        Assert.AreEqual(oneWay, links.OneWay(there, here));
        var times = Enumerable.Range(0, 1_000).Select(_ => links.Next(oneWay)).ToArray();
        Assert.IsGreaterThanOrEqualTo(oneWay, times.Min());
        var late = times.Count(time => time >= oneWay + new LinkOptions().RetransmissionTimeout);
        Assert.IsTrue(late is > 400 and < 600, $"{late} of 1000");
    }

    private void Step(int count)
    {
        for (var i = 0; i < count; i++)
            Assert.IsTrue(_time.TryStep());
    }
}
