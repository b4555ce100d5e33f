using System.Text.Json;
using System.Text.Json.Nodes;

namespace PeerNet.Cli.Views;

/// <summary>How well the blocks of a model are served: a bar per block, as long as its servers promise together, the weakest marked.</summary>
internal static class BlockBars
{
    private const int Width = 40;

    public static void Show(Report report, JsonElement model)
    {
        if (report.IsJson)
        {
            report.Fields(JsonNode.Parse(model.GetRawText())!.AsObject());
            return;
        }

        foreach (var line in Draw(model))
            report.Line(line);
    }

    /// <summary>The lines, the first block first.</summary>
    public static IEnumerable<string> Draw(JsonElement model)
    {
        var blocks = model.GetProperty("blocks").EnumerateArray().ToArray();
        var weakest = model.GetProperty("weakest").EnumerateArray().Select(block => block.GetInt32()).ToHashSet();
        var most = blocks.Select(block => block.GetProperty("throughput").GetDouble()).DefaultIfEmpty(0).Max();
        yield return $"{Report.Clean(model.GetProperty("model").GetString())}: {blocks.Length} blocks, {model.GetProperty("servers").GetArrayLength()} servers, {(model.GetProperty("complete").GetBoolean() ? "complete" : "not complete")}";
        foreach (var block in blocks)
        {
            var number = block.GetProperty("block").GetInt32();
            var online = block.GetProperty("online").GetInt32();
            var joining = block.GetProperty("joining").GetInt32();
            var throughput = block.GetProperty("throughput").GetDouble();
            var length = most > 0 ? (int)Math.Round(Width * throughput / most) : 0;
            var bar = new string('█', length).PadRight(Width, '·');
            var mark = online == 0 ? "  << nobody serves it" : weakest.Contains(number) ? "  << weakest" : "";
            yield return $"{number,4} {bar} {online} online{(joining > 0 ? $", {joining} joining" : "")}, {throughput:0.#} rps{mark}";
        }

        foreach (var server in model.GetProperty("servers").EnumerateArray())
            yield return $"{Report.Clean(server.GetProperty("peerId").GetString())}  blocks {server.GetProperty("start").GetInt32()}-{server.GetProperty("end").GetInt32() - 1}  {server.GetProperty("state").GetString()}  {server.GetProperty("throughput").GetDouble():0.#} rps  {Report.Clean(server.GetProperty("name").GetString())}";
    }
}
