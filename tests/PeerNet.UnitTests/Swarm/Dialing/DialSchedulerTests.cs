using CsCheck;
using PeerNet.Core.Time;
using PeerNet.Multiformats;
using PeerNet.Swarm.Dialing;

namespace PeerNet.UnitTests.Swarm.Dialing;

[TestClass]
public sealed class DialSchedulerTests
{
    private static readonly Instant Start = new(0);

    [TestMethod]
    public void Starts_addresses_as_their_delays_say()
    {
        var scheduler = new DialScheduler(8, TimeSpan.FromSeconds(1));
        scheduler.Add([Ranked(1, 0), Ranked(2, 250)], Start);
        Assert.IsTrue(scheduler.TryStart(Start, out var first, out _));
        Assert.AreEqual(0, first.Index);
        Assert.IsFalse(scheduler.TryStart(Start, out _, out _));
        Assert.AreEqual(At(250), scheduler.NextDeadline(Start));
        Assert.IsTrue(scheduler.TryStart(At(250), out var second, out _));
        Assert.AreEqual(1, second.Index);
        Assert.IsNull(scheduler.NextDeadline(At(250)));
    }

    [TestMethod]
    public void A_failure_starts_the_next_at_once()
    {
        var scheduler = new DialScheduler(8, TimeSpan.FromSeconds(1));
        scheduler.Add([Ranked(1, 0), Ranked(2, 250), Ranked(3, 500)], Start);
        Assert.IsTrue(scheduler.TryStart(Start, out var first, out _));
        Assert.IsTrue(scheduler.OnFailed(first, At(10)));
        Assert.IsTrue(scheduler.TryStart(At(10), out var second, out _));
        Assert.AreEqual(1, second.Index);
        Assert.IsFalse(scheduler.TryStart(At(10), out _, out _));
    }

    [TestMethod]
    public void Ends_when_all_have_failed()
    {
        var scheduler = new DialScheduler(8, TimeSpan.FromSeconds(1));
        Assert.IsTrue(scheduler.IsExhausted);
        scheduler.Add([Ranked(1, 0)], Start);
        Assert.IsFalse(scheduler.IsExhausted);
        Assert.IsTrue(scheduler.TryStart(Start, out var attempt, out _));
        Assert.IsFalse(scheduler.IsExhausted);
        scheduler.OnFailed(attempt, At(1));
        Assert.IsTrue(scheduler.IsExhausted);
    }

    [TestMethod]
    public void An_attempt_yields_its_place_only_when_another_waits_and_comes_again_at_the_end()
    {
        var scheduler = new DialScheduler(1, TimeSpan.FromSeconds(1));
        scheduler.Add([Ranked(1, 0), Ranked(2, 0)], Start);
        Assert.IsTrue(scheduler.TryStart(Start, out var first, out _));
        Assert.IsFalse(scheduler.TryTakeDisplaced(At(999), out _));
        Assert.AreEqual(At(1000), scheduler.NextDeadline(At(999)));
        Assert.IsTrue(scheduler.TryTakeDisplaced(At(1000), out var displaced));
        Assert.AreEqual(first, displaced);
        Assert.IsFalse(scheduler.TryTakeDisplaced(At(1000), out _));
        Assert.IsFalse(scheduler.OnFailed(displaced, At(1001)), "a displaced attempt has not failed for good");

        Assert.IsTrue(scheduler.TryStart(At(1001), out var second, out _));
        Assert.AreEqual(1, second.Index);
        Assert.IsFalse(scheduler.TryTakeDisplaced(At(9000), out _), "a second chance is not worth a place");
        Assert.IsTrue(scheduler.OnFailed(second, At(9000)));
        Assert.IsTrue(scheduler.TryStart(At(9000), out var again, out _));
        Assert.AreEqual(first, again);
        Assert.IsFalse(scheduler.TryTakeDisplaced(At(90_000), out _));
        Assert.IsTrue(scheduler.OnFailed(again, At(90_000)));
        Assert.IsTrue(scheduler.IsExhausted);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(30)]
    [DataRow(60)]
    public void Finds_one_good_address_among_sixty_dead_ones_within_ten_seconds(int place)
    {
        // Two in three dead ones swallow everything, one in three refuses at once.
        var addresses = Enumerable.Range(0, 60).Select(i => (Address: Address(i + 1), Dead: i % 3 == 0 ? Dead.Refused : Dead.BlackHole)).ToList();
        addresses.Insert(place, (Address(1000), Dead.No));
        var kinds = addresses.ToDictionary(a => a.Address, a => a.Dead);
        var (elapsed, mostRunning) = Simulate(DialRanker.Rank([.. addresses.Select(a => a.Address)], _ => false), kinds);
        Assert.IsLessThan(TimeSpan.FromSeconds(10), elapsed);
        Assert.IsLessThanOrEqualTo(8, mostRunning);
    }

    [TestMethod]
    public void Whatever_ends_attempts_in_whatever_order_no_place_is_lost_and_none_is_taken_twice()
        => Gen.Select(Gen.Int[1, 12], Gen.Int[1, 4], Gen.Int[0, 1_000_000]).Sample((count, parallel, seed) =>
        {
            var random = new Random(seed);
            var scheduler = new DialScheduler(parallel, TimeSpan.FromMilliseconds(500));
            scheduler.Add(Enumerable.Range(1, count).Select(i => Ranked(i, random.Next(1000))), Start);
            var now = Start;
            var running = new HashSet<DialAttemptId>();
            var ended = 0;
            for (var step = 0; step < 10_000 && !scheduler.IsExhausted; step++)
            {
                while (scheduler.TryTakeDisplaced(now, out var displaced))
                {
                    Assert.IsTrue(running.Contains(displaced));
                    running.Remove(displaced);
                    Assert.IsFalse(scheduler.OnFailed(displaced, now));
                }

                while (scheduler.TryStart(now, out var attempt, out _))
                    Assert.IsTrue(running.Add(attempt));
                Assert.IsLessThanOrEqualTo(parallel, running.Count);
                Assert.AreEqual(running.Count, scheduler.Running);
                if (running.Count > 0 && random.Next(3) == 0)
                {
                    var attempt = running.ElementAt(random.Next(running.Count));
                    running.Remove(attempt);
                    if (scheduler.OnFailed(attempt, now))
                        ended++;
                }

                now += TimeSpan.FromMilliseconds(random.Next(200));
            }

            Assert.IsTrue(scheduler.IsExhausted);
            Assert.AreEqual(count, ended);
        }, iter: 1000);

    private static (TimeSpan Elapsed, int MostRunning) Simulate(List<RankedAddress> ranked, Dictionary<Multiaddress, Dead> kinds)
    {
        var scheduler = new DialScheduler(8, TimeSpan.FromMilliseconds(1500));
        var now = Start;
        scheduler.Add(ranked, now);
        var most = 0;
        for (var step = 0; step < 100_000; step++)
        {
            while (scheduler.TryTakeDisplaced(now, out var displaced))
                scheduler.OnFailed(displaced, now);
            while (scheduler.TryStart(now, out var attempt, out var address))
            {
                most = Math.Max(most, scheduler.Running);
                switch (kinds[address!])
                {
                    case Dead.No:
                        return (now - Start, most);
                    case Dead.Refused:
                        scheduler.OnFailed(attempt, now);
                        break;
                }
            }

            now = scheduler.NextDeadline(now) ?? throw new AssertFailedException("nothing would ever happen again");
        }

        throw new AssertFailedException("no end");
    }

    private static Multiaddress Address(int i) => Multiaddress.Parse($"/ip4/1.2.{i / 250}.{i % 250}/tcp/4001");

    private static RankedAddress Ranked(int i, int milliseconds) => new(Address(i), TimeSpan.FromMilliseconds(milliseconds));

    private static Instant At(int milliseconds) => Start + TimeSpan.FromMilliseconds(milliseconds);

    private enum Dead
    {
        No,
        Refused,
        BlackHole,
    }
}
