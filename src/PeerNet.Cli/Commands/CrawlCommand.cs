using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet crawl</c>: walks a network through its routing tables and sums it up.</summary>
internal static class CrawlCommand
{
    public static Command Create(CliContext context)
    {
        var join = new JoinOptions();
        var max = new Option<int>("--max") { Description = "The most peers to visit.", DefaultValueFactory = _ => 100_000 };
        var command = new Command("crawl", "Walk the network through its routing tables: every peer, and a summary by agent, protocol and reachability.") { max };
        foreach (var option in join.All)
            command.Options.Add(option);
        command.SetAction(async (parsed, token) =>
        {
            var report = context.ReportOf(parsed);
            JsonElement reply;
            await using (context.ProgressOf("Walking the network"))
            {
                await using var session = await context.OpenNodeAsync(parsed, token, options => join.Apply(parsed, options));
                await JoinOptions.WaitAsync(session, token);
                // A walk takes as long as the network is large; the time limit is for single requests.
                reply = await session.CallAsync("crawl", new JsonObject { ["max"] = parsed.GetValue(max), ["timeout"] = TimeSpan.FromHours(1).TotalMilliseconds }, token);
            }

            var peers = reply.GetProperty("peers").EnumerateArray().Select(peer => JsonNode.Parse(peer.GetRawText())!.AsObject()).ToArray();
            report.Rows(["peerId", "agent", "addrs", "serves", "neighbours", "error"], peers, "Nobody was met.");
            foreach (var line in Summary(reply.GetProperty("protocol").GetString()!, peers))
                report.Line(line);
            return ExitCodes.Done;
        });
        return command;
    }

    private static IEnumerable<string> Summary(string protocol, JsonObject[] peers)
    {
        yield return $"{peers.Length} peers on {protocol}: {peers.Count(peer => (bool)peer["reachable"]!)} reachable, {peers.Count(peer => (bool)peer["serves"]!)} serve the table.";
        foreach (var agent in peers.GroupBy(peer => (string?)peer["agent"] ?? "unknown").OrderByDescending(group => group.Count()))
            yield return $"  {agent.Count(),5}  {Report.Clean(agent.Key)}";
        foreach (var error in peers.Where(peer => !(bool)peer["reachable"]!).GroupBy(peer => (string?)peer["error"] ?? "").OrderByDescending(group => group.Count()))
            yield return $"  {error.Count(),5}  not reached: {Report.Clean(error.Key)}";
    }
}
