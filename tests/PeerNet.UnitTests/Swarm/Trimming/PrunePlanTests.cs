using CsCheck;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Swarm.Trimming;

namespace PeerNet.UnitTests.Swarm.Trimming;

[TestClass]
public sealed class PrunePlanTests
{
    private static readonly ConnectionManagerOptions Options = new() { LowWatermark = 2, HighWatermark = 3, GracePeriod = TimeSpan.FromMinutes(1) };
    private static readonly Instant Now = new(TimeSpan.FromHours(1).Ticks);

    [TestMethod]
    public void Leaves_everything_up_to_the_high_watermark()
        => Assert.AreEqual(0, PrunePlan.Make([Old(1), Old(2), Old(3)], Options, Now).Count);

    [TestMethod]
    public void Trims_to_the_low_watermark_the_least_worth_first()
        => CollectionAssert.AreEqual(new long[] { 2, 4 }, PrunePlan.Make([Old(1, score: 5), Old(2, score: -1), Old(3, score: 9), Old(4, score: 2)], Options, Now));

    [TestMethod]
    public void Spares_protected_and_young_connections_even_if_too_many_are_left()
    {
        var young = Old(1) with { OpenedAt = Now - TimeSpan.FromSeconds(59) };
        var plan = PrunePlan.Make([young, young with { Number = 2 }, Old(3) with { IsProtected = true }, Old(4, score: 100)], Options, Now);
        CollectionAssert.AreEqual(new long[] { 4 }, plan);
    }

    [TestMethod]
    public void Among_equals_relayed_idle_inbound_and_older_ones_go_first()
    {
        var options = Options with { LowWatermark = 0, HighWatermark = 0 };
        PruneCandidate[] candidates =
        [
            Old(1) with { Streams = 1, Direction = Direction.Outbound },
            Old(2) with { Streams = 1 },
            Old(3) with { Direction = Direction.Outbound },
            Old(4) with { OpenedAt = Now - TimeSpan.FromMinutes(50) },
            Old(5),
            Old(6) with { IsLimited = true, Streams = 3 },
        ];
        CollectionAssert.AreEqual(new long[] { 6, 4, 5, 3, 2, 1 }, PrunePlan.Make(candidates, options, Now));
    }

    [TestMethod]
    public void Never_closes_a_protected_one_nor_more_than_down_to_the_low_watermark()
        => Gen.Select(Gen.Int[0, 1_000_000], Gen.Int[0, 40]).Sample((seed, count) =>
        {
            var random = new Random(seed);
            var options = Options with { LowWatermark = 10, HighWatermark = 15 };
            var candidates = Enumerable.Range(0, count).Select(i => new PruneCandidate(
                i, Now - TimeSpan.FromSeconds(random.Next(120)), (Direction)random.Next(2), random.Next(3), random.Next(5), random.Next(3) == 0, random.Next(4) == 0)).ToArray();
            var plan = PrunePlan.Make(candidates, options, Now);
            Assert.AreEqual(plan.Count, plan.Distinct().Count());
            Assert.IsTrue(plan.All(number => !candidates[number].IsProtected));
            if (plan.Count > 0)
                Assert.IsGreaterThanOrEqualTo(10, count - plan.Count);
        }, iter: 1000);

    private static PruneCandidate Old(long number, int score = 0)
        => new(number, Now - TimeSpan.FromMinutes(10), Direction.Inbound, 0, score, IsProtected: false, IsLimited: false);
}
