using PeerNet.Simulation.Nodes;

namespace PeerNet.Simulation.Scenarios;

/// <summary>A network that comes to be: whoever joins knows five nodes to begin with, and everything else is up to the tables' own upkeep.</summary>
internal static class GrowingNetwork
{
    private const int First = 5;

    private static readonly TimeSpan BetweenJoins = TimeSpan.FromMilliseconds(500);

    // One round of refreshes.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(11);

    public static async Task RunAsync(World world, Report report, int count, int lookups)
    {
        for (var i = 0; i < count; i++)
        {
            var first = world.Nodes.Take(First).Select(node => node.Address).ToArray();
            world.StartNode(options => options with { BootstrapPeers = first });
            await world.PassAsync(BetweenJoins).ConfigureAwait(false);
        }

        await world.PassAsync(Settling).ConfigureAwait(false);
        var sizes = world.Nodes.Select(node => node.Kad.TableCount).Order().ToArray();
        report.Add("members p10/p50/p90", $"{sizes[sizes.Length / 10]} / {sizes[sizes.Length / 2]} / {sizes[sizes.Length * 9 / 10]}");
        var figures = new LookupFigures(world);
        await figures.RunAsync(lookups).ConfigureAwait(false);
        figures.Tell(report, minFound: 0.99, isHeldAgainstFloor: true);
    }
}
