using PeerNet.Protocols.Kad;
using PeerNet.Simulation.Nodes;

namespace PeerNet.Simulation.Scenarios;

/// <summary>Makes lookups in a world, and holds them against the floor and the truth.</summary>
internal sealed class LookupFigures(World world)
{
    // Lookups under way at once: many, so that little virtual time goes by in which nodes tend their tables.
    private const int Parallel = 50;

    private readonly List<One> _lookups = [];

    /// <summary>Makes lookups of random keys from random nodes.</summary>
    public async Task RunAsync(int count)
    {
        var nodes = world.Nodes.ToDictionary(node => node.Peer);
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => WorkAsync())).ConfigureAwait(false);

        async Task WorkAsync()
        {
            while (left-- > 0)
            {
                var from = world.RandomNode();
                var key = world.RandomKey();
                var target = KadKey.Of(key);
                var floor = IdealLookup.Run(nodes, from, target);
                var truth = world.TrueClosest(target, from);
                var started = world.Time.Elapsed;
                var result = await from.Kad.GetClosestPeersAsync(key).ConfigureAwait(false);
                _lookups.Add(new One(
                    result.Requests,
                    result.Rounds,
                    floor.Messages,
                    floor.Rounds,
                    result.Closest.Count(peer => truth.Contains(peer.Id)),
                    truth.Count,
                    !result.IsPartial && result.Closest.Count > 0 && result.Closest[0].Id == truth.MinBy(peer => KadKey.Of(peer).DistanceTo(target)),
                    world.Time.Elapsed - started));
            }
        }
    }

    /// <summary>Writes the figures down.</summary>
    /// <param name="report">Where to.</param>
    /// <param name="minFound">The part of the true closest peers that must be found.</param>
    /// <param name="isHeldAgainstFloor">Whether messages must stay near the floor, too.</param>
    public void Tell(Report report, double minFound, bool isHeldAgainstFloor)
    {
        report.Add("lookups", $"{_lookups.Count}");
        report.Add("messages p50/p90", $"{At(one => one.Messages, 0.5)} / {At(one => one.Messages, 0.9)} (floor {At(one => one.FloorMessages, 0.5)} / {At(one => one.FloorMessages, 0.9)})");
        report.Add("rounds p50/p90", $"{At(one => one.Rounds, 0.5)} / {At(one => one.Rounds, 0.9)} (floor {At(one => one.FloorRounds, 0.5)} / {At(one => one.FloorRounds, 0.9)})");
        report.Add("duration p50/p90", $"{At(one => one.Duration.TotalSeconds, 0.5):0.00} s / {At(one => one.Duration.TotalSeconds, 0.9):0.00} s");
        var messages = _lookups.Average(one => one.Messages) / _lookups.Average(one => one.FloorMessages);
        if (isHeldAgainstFloor)
        {
            report.AtMost("messages, of the floor", messages, 1.2);
            report.AtMost("rounds p50 over the floor", At(one => one.Rounds, 0.5) - At(one => one.FloorRounds, 0.5), 1);
            report.AtMost("rounds p90 over the floor", At(one => one.Rounds, 0.9) - At(one => one.FloorRounds, 0.9), 1);
        }
        else
        {
            report.Add("messages, of the floor", $"{messages:0.###}");
        }

        report.AtLeast("true closest found", (double)_lookups.Sum(one => one.Found) / _lookups.Sum(one => one.Wanted), minFound);
        report.AtLeast("the nearest found in time", (double)_lookups.Count(one => one.IsSuccess) / _lookups.Count, 0.99);
    }

    private T At<T>(Func<One, T> value, double part) => _lookups.Select(value).Order().ElementAt((int)(_lookups.Count * part));

    private sealed record One(int Messages, int Rounds, int FloorMessages, int FloorRounds, int Found, int Wanted, bool IsSuccess, TimeSpan Duration);
}
