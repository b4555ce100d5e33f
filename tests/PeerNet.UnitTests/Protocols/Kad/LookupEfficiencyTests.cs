using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Lookups;

namespace PeerNet.UnitTests.Protocols.Kad;

/// <summary>
/// Lookups in networks of thousands of nodes with full tables, held against the floor of an ideal lookup: synchronous rounds of ten
/// requests, until the twenty nearest have all been asked.
/// </summary>
[TestClass]
[TestCategory("Simulation")]
public sealed class LookupEfficiencyTests
{
    private const int Lookups = 60;
    private const int Seed = 4711;

    // The floor: median and 90th percentile of messages, median of rounds.
    private const int FloorMessages1000 = 29;
    private const int FloorMessages10000 = 30;
    private const int FloorMessages10000At90 = 40;
    private const int FloorRounds1000 = 2;
    private const int FloorRounds10000 = 3;

    public required TestContext TestContext { get; set; }

    [TestMethod]
    public void A_lookup_among_1000_nodes_stays_near_the_floor()
    {
        var figures = Measure(new KadNetwork(1_000, dead: 0, Seed));
        Assert.IsLessThanOrEqualTo(FloorMessages1000 * 1.2, figures.MedianMessages);
        Assert.IsLessThanOrEqualTo(FloorRounds1000 + 1, figures.MedianRounds);
        Assert.IsGreaterThanOrEqualTo(0.99, figures.Found);
    }

    [TestMethod]
    public void A_lookup_among_10000_nodes_stays_near_the_floor()
    {
        var figures = Measure(new KadNetwork(10_000, dead: 0, Seed));
        Assert.IsLessThanOrEqualTo(FloorMessages10000 * 1.2, figures.MedianMessages);
        Assert.IsLessThanOrEqualTo(FloorMessages10000At90 * 1.2, figures.Messages90);
        Assert.IsLessThanOrEqualTo(FloorRounds10000 + 1, figures.MedianRounds);
        Assert.IsGreaterThanOrEqualTo(0.99, figures.Found);
    }

    [TestMethod]
    [DataRow(1_000)]
    [DataRow(10_000)]
    public void With_a_fifth_of_the_nodes_dead_in_every_table_the_living_nearest_are_found(int size)
    {
        var figures = Measure(new KadNetwork(size, dead: 0.2, Seed));
        Assert.IsGreaterThanOrEqualTo(0.97, figures.Found);
        Assert.IsLessThanOrEqualTo(60, figures.Messages90);
    }

    [TestMethod]
    [DataRow(0.2)]
    [DataRow(0.3)]
    public void Colluders_who_name_only_one_another_do_not_keep_a_lookup_from_the_honest_nearest(double share)
    {
        var network = new KadNetwork(4_000, dead: 0, Seed);
        var random = new Random(Seed);
        var colluders = network.Peers.Where(_ => random.NextDouble() < share).ToHashSet();
        network.Liar = (peer, target) => colluders.Contains(peer)
            ? colluders.OrderBy(colluder => KadKey.Of(colluder).DistanceTo(target)).Take(KadProtocol.BucketSize)
            : null;
        var figures = Measure(network);
        Assert.IsGreaterThanOrEqualTo(0.995, figures.Found);
        Assert.IsLessThanOrEqualTo(60, figures.Messages90);
    }

    private Figures Measure(KadNetwork network)
    {
        var random = new Random(Seed);
        var runs = new List<(int Messages, int Rounds, int Found, int Wanted)>(Lookups);
        for (var i = 0; i < Lookups; i++)
        {
            var from = network.RandomLiving();
            var target = network.RandomKey();
            var lookup = network.Run(from, target, new LookupOptions(), () => TimeSpan.FromMilliseconds(10 + random.Next(300)));
            var truth = network.TrueClosest(target, from);
            runs.Add((lookup.Requests, lookup.Rounds, lookup.GetClosest().Count(truth.Contains), truth.Count));
        }

        var figures = new Figures(
            At(runs.Select(run => run.Messages), 0.5),
            At(runs.Select(run => run.Messages), 0.9),
            At(runs.Select(run => run.Rounds), 0.5),
            (double)runs.Sum(run => run.Found) / runs.Sum(run => run.Wanted));
        TestContext.WriteLine($"{network.Peers.Count} nodes, {network.Dead.Count} dead: {figures}");
        return figures;
    }

    private static int At(IEnumerable<int> values, double part) => values.Order().ElementAt((int)(Lookups * part));

    private sealed record Figures(int MedianMessages, int Messages90, int MedianRounds, double Found);
}
