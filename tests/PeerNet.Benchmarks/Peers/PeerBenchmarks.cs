using System.Diagnostics;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>
/// PeerNet beside other stacks: the same commands over loopback, between each stack and itself and between PeerNet and each. All peers run from
/// beginning to end, and each round goes through everything, so that a machine that changes its mind changes it for all.
/// </summary>
internal static class PeerBenchmarks
{
    private const int WarmUpScale = 10;

    private static readonly ProtocolStack[] Stacks = [ProtocolStack.TcpNoise, ProtocolStack.TcpTls];

    /// <summary>Arguments as <see cref="BenchArguments"/> describes them.</summary>
    public static async Task RunAsync(string[] arguments)
    {
        var wanted = BenchArguments.Parse(arguments);
        var started = Stopwatch.GetTimestamp();
        var load = BenchMachine.Load;
        var results = new BenchResults();
        var fleet = new PeerFleet();
        await using var _ = fleet.ConfigureAwait(false);
        var kinds = await PeerFleet.PresentAsync([PeerKind.PeerNet, .. wanted.Others]).ConfigureAwait(false);
        var pairs = kinds.Select(kind => (From: kind, To: kind)).Concat(ScenarioTable.BothWays(kinds[0], [.. kinds.Skip(1)])).ToList();

        await RoundAsync(WarmUpScale, (_, _, _, _) => { }).ConfigureAwait(false);
        Progress("warm");
        var longest = TimeSpan.Zero;
        var rounds = 0;
        while (rounds < wanted.Rounds && (rounds == 0 || Stopwatch.GetElapsedTime(started) + longest < wanted.Budget))
        {
            var began = Stopwatch.GetTimestamp();
            await CalibrationRows.MeasureAsync(wanted, results).ConfigureAwait(false);
            await RoundAsync(1, results.Add).ConfigureAwait(false);
            await ProcessRows.MeasureStartAsync(wanted, kinds, fleet, results).ConfigureAwait(false);
            if (rounds == 0)
                await ProcessRows.MeasureIdleAsync(wanted, kinds, fleet, results).ConfigureAwait(false);
            rounds++;
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(began).Ticks));
            Progress($"round {rounds} of {wanted.Rounds}");
        }

        var report = new BenchReport(results, fleet.Versions(), load) { Rounds = rounds, Date = TimeProvider.System.GetUtcNow() };
        var text = report.ToMarkdown();
        Console.WriteLine(text);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(wanted.Out))!);
        await File.WriteAllTextAsync(wanted.Out + ".md", text).ConfigureAwait(false);
        await File.WriteAllTextAsync(wanted.Out + ".json", report.ToJson()).ConfigureAwait(false);

        async Task RoundAsync(int scale, Action<string, BenchSubject, PeerFigure, double> add)
        {
            foreach (var stack in Stacks)
            {
                foreach (var (from, to) in pairs)
                    await MeasureAsync(stack, from, to, scale, add).ConfigureAwait(false);
            }
        }

        async Task MeasureAsync(ProtocolStack stack, PeerKind from, PeerKind to, int scale, Action<string, BenchSubject, PeerFigure, double> add)
        {
            var (section, subject) = ($"{stack}/yamux", BenchSubject.Pair(from, to));
            var measurements = PeerMeasurement.All.Where(measurement => wanted.Wants(section, subject, measurement.Name)).ToList();
            if (measurements.Count == 0)
                return;
            var link = await fleet.LinkAsync(from, to, stack).ConfigureAwait(false);
            await TryAsync(subject, "connecting", link.OpenAsync).ConfigureAwait(false);
            foreach (var measurement in measurements)
            {
                await TryAsync(subject, $"{section}, {measurement.Name}", async () =>
                {
                    var values = await measurement.TakeAsync(link, scale).ConfigureAwait(false);
                    foreach (var (figure, value) in measurement.Figures.Zip(values))
                        add(section, subject, figure, value);
                }).ConfigureAwait(false);
            }

            await TryAsync(subject, "disconnecting", link.CloseAsync).ConfigureAwait(false);
        }

        // One figure is missing then, and the report has the others.
        static async Task TryAsync(BenchSubject subject, string what, Func<Task> step)
        {
            try
            {
                await step().ConfigureAwait(false);
            }
            catch (ControlException e) when (e.Name != ControlErrors.PeerExited)
            {
                await Console.Error.WriteLineAsync($"{subject}, {what}: {e.Message.Split('\n')[0]}").ConfigureAwait(false);
            }
        }

        void Progress(string what) => Console.Error.WriteLine($"{Stopwatch.GetElapsedTime(started).TotalSeconds,4:0} s: {what}");
    }
}
