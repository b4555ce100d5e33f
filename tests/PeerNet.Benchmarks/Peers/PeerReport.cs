using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>Collects samples and writes them as tables: medians, spread, and how each pair stands against the better of go and rust with themselves.</summary>
internal sealed class PeerReport
{
    private readonly int _rounds;
    private readonly IReadOnlyDictionary<(PeerKind, int), PeerProcess> _peers;
    private readonly string _loadBefore = Load();
    private readonly Dictionary<((PeerKind, PeerKind), PeerFigure), List<PeerSample>> _samples = [];

    public PeerReport(IReadOnlyList<PeerKind> kinds, int rounds, IReadOnlyDictionary<(PeerKind, int), PeerProcess> peers)
    {
        _rounds = rounds;
        _peers = peers;
        Pairs = [.. kinds.Select(kind => (kind, kind)), .. ScenarioTable.Pairs(kinds)];
    }

    /// <summary>Each kind with itself, then each with the others.</summary>
    public IReadOnlyList<(PeerKind From, PeerKind To)> Pairs { get; }

    public void Add((PeerKind, PeerKind) pair, PeerFigure figure, PeerSample sample)
    {
        if (!_samples.TryGetValue((pair, figure), out var list))
            _samples[(pair, figure)] = list = [];
        list.Add(sample);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder("# PeerNet beside go-libp2p and rust-libp2p\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}, `make figures`: tcp, noise, yamux over loopback; {_rounds} interleaved rounds after a warm-up; medians (least-greatest). Ratio: against");
        text.AppendLine("the better of go > go and rust > rust, above 1 is faster. Processor: seconds that both ends together took, median.");
        text.AppendLine("go and rust measure handshakes on a bare transport, PeerNet through its whole swarm with identify on its way.\n");
        text.AppendLine($"- machine: {Processor()}, {Environment.ProcessorCount} cores, {RuntimeInformation.OSDescription}");
        text.AppendLine($"- load average: {_loadBefore} before, {Load()} after");
        foreach (var ((kind, index), peer) in _peers)
        {
            if (index == 0)
                text.AppendLine($"- {kind.ToString().ToLowerInvariant()}: {Versions(peer.Ready)}");
        }

        foreach (var figure in PeerFigure.All)
            AppendFigure(text, figure);
        return text.ToString();
    }

    private void AppendFigure(StringBuilder text, PeerFigure figure)
    {
        text.AppendLine().AppendLine($"## {figure.Name}, {figure.Unit}{(figure.IsTime ? " (median)" : "")}\n");
        text.AppendLine("| from > to | value | ratio | processor s |\n| --- | ---: | ---: | ---: |");
        double[] best = [Middle((PeerKind.Go, PeerKind.Go)), Middle((PeerKind.Rust, PeerKind.Rust))];
        var reference = figure.IsTime ? best.Min() : best.Max();
        foreach (var pair in Pairs)
        {
            var samples = _samples[(pair, figure)];
            var values = samples.Select(sample => sample.Value).ToList();
            var ratio = figure.IsTime ? reference / Median(values) : Median(values) / reference;
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {pair.From} > {pair.To} | {Median(values):N0} ({values.Min():N0}-{values.Max():N0}) | {ratio:0.00} | {Median(samples.Select(sample => sample.Processor.TotalSeconds)):0.00} |");
        }

        double Middle((PeerKind, PeerKind) pair) => Median(_samples[(pair, figure)].Select(sample => sample.Value));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Versions(JsonElement ready) => ready.Member("versions") is { } versions
        ? string.Join(", ", versions.EnumerateObject().Take(3).Select(version => $"{version.Name} {version.Value}"))
        : ready.Text("rust") ?? "";

    private static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown"
        : RuntimeInformation.ProcessArchitecture.ToString();
}
