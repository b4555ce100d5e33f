using System.Globalization;
using PeerNet.Simulation.Nodes;
using PeerNet.Simulation.Scenarios;
using PeerNet.Simulation.Time;

namespace PeerNet.Simulation;

/// <summary>Runs one scenario with one seed, prints what it measured and writes it to a file.</summary>
public static class Program
{
    private const int Usage = 2;

    /// <summary>The entry: <c>SCENARIO [SEED [FOLDER]]</c>; without arguments it lists the scenarios.</summary>
    /// <returns>0 when all bounds were kept, 1 when not, 2 when the arguments are none.</returns>
    public static int Main(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        var seed = 1;
        if (args is not [var name, ..] || args.Length > 3 || Scenario.Find(name) is not { } scenario || (args.Length > 1 && !int.TryParse(args[1], NumberStyles.None, CultureInfo.InvariantCulture, out seed)))
        {
            Console.WriteLine("SCENARIO [SEED [FOLDER]], where SCENARIO is one of");
            foreach (var known in Scenario.All)
                Console.WriteLine($"  {known.Name,-18} {known.Description}");
            return args.Length == 0 ? 0 : Usage;
        }

        var lines = new List<string> { $"{scenario.Name}, seed {seed}: {scenario.Description}" };
        var isKept = Run(scenario, seed, lines);
        if (!isKept)
            lines.Add($"Replay it: make simulate SCENARIO={scenario.Name} SEED={seed}");
        foreach (var line in lines)
            Console.WriteLine(line);
        if (args is [_, _, var folder])
        {
            Directory.CreateDirectory(folder);
            File.WriteAllLines(Path.Combine(folder, $"{scenario.Name}-{seed}.txt"), lines);
        }

        return isKept ? 0 : 1;
    }

    private static bool Run(Scenario scenario, int seed, List<string> lines)
    {
        var world = new World(seed);
        var report = new Report();
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            new Simulator(world.Time).Run(() => scenario.RunAsync(world, report));
        }
        catch (Exception error)
        {
            // A fault of the node's or of the scenario's: what was measured until then is told, too.
            lines.AddRange(report.Lines);
            lines.Add($"  FAILED after {world.Time.Elapsed:hh\\:mm\\:ss}: {error}");
            return false;
        }

        report.Add("virtual time", $"{world.Time.Elapsed:hh\\:mm\\:ss}");
        report.Add("messages, connections", $"{world.Network.Delivered} / {world.Network.Connected}");
        report.Add("trace", $"{world.Network.Trace:x16}");
        lines.AddRange(report.Lines);
        var took = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        lines.Add(string.Create(CultureInfo.InvariantCulture, $"  took {took:0.0} s, {GC.GetTotalPauseDuration().TotalSeconds:0.0} s of it collecting; {GC.GetTotalMemory(false) >> 20} MiB in use"));
        return report.Failures == 0;
    }
}
