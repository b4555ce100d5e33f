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
        text.AppendLine(CultureInfo.InvariantCulture, $"{Date:yyyy-MM-dd HH:mm} UTC, `make figures`: two processes over loopback, {Rounds} interleaved rounds after a warm-up; medians (least-greatest). A ratio above 1 is the");
        text.AppendLine("better one, whatever the unit: \"go\" and \"rust\" are these with themselves, \"slower\" is the slower of the two pure pairs. go and rust measure");
        text.AppendLine("handshakes on a bare transport, PeerNet through its whole swarm.\n");
        text.AppendLine($"- machine: {BenchMachine.Processor}, {Environment.ProcessorCount} cores, {BenchMachine.System}");
        text.AppendLine(CultureInfo.InvariantCulture, $"- load average: {loadBefore:0.0} before, {_loadAfter:0.0} after");
        foreach (var (kind, version) in versions)
            text.AppendLine($"- {kind}: {version}");
        foreach (var section in results.Rows.GroupBy(row => row.Section))
        {
            text.AppendLine().AppendLine($"## {section.Key}").AppendLine();
            text.AppendLine("| figure | subject | median | least-greatest | ratio |\n| --- | --- | ---: | ---: | --- |");
            foreach (var figure in section.GroupBy(row => row.Figure))
            {
                foreach (var row in figure)
                    text.AppendLine($"| {(row == figure.First() ? figure.Key : "")} | {row.Subject} | {Show(row.Median)} | {Show(row.Samples.Min())}-{Show(row.Samples.Max())} | {Ratios(row)} |");
            }
        }

        return text.ToString();
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

    private string Ratios(BenchRow row)
        => string.Join(", ", results.RatiosOf(row).Select(ratio => string.Create(CultureInfo.InvariantCulture, $"{ratio.Key} {ratio.Value:0.00}")));

    private static JsonValue? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static string Show(double value) => value.ToString(Math.Abs(value) < 100 ? "0.##" : "N0", CultureInfo.InvariantCulture);
}
