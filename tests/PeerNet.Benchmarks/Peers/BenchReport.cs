using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PeerNet.Benchmarks.Peers;

/// <summary>A run as a text for people and as JSON for programs.</summary>
internal sealed class BenchReport(BenchResults results, IReadOnlyDictionary<string, string> versions, double loadBefore)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly double _loadAfter = BenchMachine.Load;

    public int Rounds { get; init; }

    public required DateTimeOffset Date { get; init; }

    public string ToMarkdown()
    {
        var text = new StringBuilder("# PeerNet beside go-libp2p and rust-libp2p\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"{Date:yyyy-MM-dd HH:mm} UTC, `make figures`: two processes over loopback, {Rounds} interleaved rounds after a warm-up; medians, the samples are in the JSON file. A");
        text.AppendLine("ratio above 1 is the better one, whatever the unit: of PeerNet with itself to go and rust with themselves, and in brackets of a mixed pair to the");
        text.AppendLine("slower of its two pure ones. go and rust measure handshakes on a bare transport, PeerNet through its whole swarm.\n");
        text.AppendLine($"- machine: {BenchMachine.Processor}, {Environment.ProcessorCount} cores, {BenchMachine.System}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- load average: {loadBefore:0.0} before, {_loadAfter:0.0} after");
        foreach (var (kind, version) in versions)
            text.AppendLine($"- {kind}: {version}");
        foreach (var section in results.Rows.GroupBy(row => row.Section))
            Append(text, section.Key, [.. section]);
        return text.ToString();
    }

    /// <summary>A column for each subject; the ratios of ours to the others follow, those of a mixed pair stand beside its median.</summary>
    private void Append(StringBuilder text, string section, List<BenchRow> rows)
    {
        var subjects = rows.Select(row => row.Subject.Name).Distinct().ToList();
        var ratios = rows.SelectMany(row => results.RatiosOf(row).Keys).Where(name => name != BenchSubject.Slower).Distinct().ToList();
        text.AppendLine().AppendLine($"## {section}").AppendLine();
        text.AppendLine($"| figure | {string.Join(" | ", subjects.Concat(ratios.Select(name => $"ratio to {name}")))} |");
        text.AppendLine($"| --- |{string.Concat(Enumerable.Repeat(" ---: |", subjects.Count + ratios.Count))}");
        foreach (var figure in rows.GroupBy(row => row.Figure))
        {
            var medians = subjects.Select(subject => Show(figure.FirstOrDefault(row => row.Subject.Name == subject)));
            var ours = figure.Select(results.RatiosOf).FirstOrDefault(of => ratios.Any(of.ContainsKey));
            text.AppendLine($"| {figure.Key} | {string.Join(" | ", medians.Concat(ratios.Select(name => ours is not null && ours.TryGetValue(name, out var ratio) ? Ratio(ratio) : "-")))} |");
        }
    }

    public string ToJson() => new JsonObject
    {
        ["date"] = Date.ToString("O"),
        ["rounds"] = Rounds,
        ["machine"] = new JsonObject
        {
            ["processor"] = BenchMachine.Processor,
            ["cores"] = Environment.ProcessorCount,
            ["system"] = BenchMachine.System,
            ["loadBefore"] = Number(loadBefore),
            ["loadAfter"] = Number(_loadAfter),
        },
        ["versions"] = new JsonObject(versions.Select(version => KeyValuePair.Create(version.Key, (JsonNode?)version.Value))),
        ["rows"] = new JsonArray([.. results.Rows.Select(Json)]),
    }.ToJsonString(Indented);

    private JsonObject Json(BenchRow row) => new()
    {
        ["section"] = row.Section,
        ["subject"] = row.Subject.Name,
        ["figure"] = row.Figure.Name,
        ["unit"] = row.Figure.Unit,
        ["lessIsBetter"] = row.Figure.LessIsBetter,
        ["median"] = row.Median,
        ["samples"] = new JsonArray([.. row.Samples.Select(sample => (JsonNode?)sample)]),
        ["ratios"] = new JsonObject(results.RatiosOf(row).Select(ratio => KeyValuePair.Create(ratio.Key, (JsonNode?)Math.Round(ratio.Value, 3)))),
    };

    private string Show(BenchRow? row) => row switch
    {
        null => "-",
        _ when results.RatiosOf(row).TryGetValue(BenchSubject.Slower, out var ratio) => $"{Show(row.Median)} ({Ratio(ratio)})",
        _ => Show(row.Median),
    };

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    private static string Show(double value) => value.ToString(Math.Abs(value) < 100 ? "0.##" : "N0", CultureInfo.InvariantCulture);
}
