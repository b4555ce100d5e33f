using PeerNet.Simulation.Nodes;

namespace PeerNet.Simulation.Scenarios;

/// <summary>Something that is run and measured. With a seed it is a run that can be repeated.</summary>
/// <param name="Name">What it is called on the command line.</param>
/// <param name="Description">What it is, in a line.</param>
/// <param name="RunAsync">Runs it in an empty world.</param>
public sealed record Scenario(string Name, string Description, Func<World, Report, Task> RunAsync)
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        Lookups("lookups-100", 100, 0, 50),
        Lookups("lookups-1k-short", 1_000, 0, 150),
        Lookups("lookups-1k", 1_000, 0, 1_000),
        Lookups("lookups-1k-dead", 1_000, 0.2, 1_000),
        Lookups("lookups-10k", 10_000, 0, 1_000),
        Lookups("lookups-10k-dead", 10_000, 0.2, 1_000),
        Grow("grow-60", 60, 60),
        Grow("grow-500", 500, 500),
        Churn("churn-30", 30, TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(10)),
        Churn("churn-60", 60, TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(15)),
        Churn("churn-500", 500, TimeSpan.FromMinutes(40), TimeSpan.FromMinutes(60)),
    ];

    /// <summary>The one of a name; null when there is none.</summary>
    public static Scenario? Find(string name) => All.FirstOrDefault(scenario => scenario.Name == name);

    private static Scenario Lookups(string name, int count, double dead, int lookups) => new(
        name,
        $"{lookups} lookups among {count} peers with full tables{(dead > 0 ? $", {dead:P0} of them dead" : "")}",
        async (world, report) =>
        {
            RunningNetwork.Fill(world, count, dead);
            var figures = new LookupFigures(world);
            await figures.RunAsync(lookups).ConfigureAwait(false);
            figures.Tell(report, minFound: dead > 0 ? 0.97 : 0.99, isHeldAgainstFloor: dead == 0);
        });

    private static Scenario Grow(string name, int count, int lookups) => new(
        name,
        $"{count} nodes join one after the other through five; then {lookups} lookups",
        (world, report) => GrowingNetwork.RunAsync(world, report, count, lookups));

    private static Scenario Churn(string name, int count, TimeSpan warmUp, TimeSpan measured) => new(
        name,
        $"{count} nodes with sessions of half an hour in the middle, for {(warmUp + measured).TotalMinutes:0} minutes",
        (world, report) => ChurningNetwork.RunAsync(world, report, count, warmUp, measured));
}
