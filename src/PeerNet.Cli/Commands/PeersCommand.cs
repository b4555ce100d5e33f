using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet peers</c>: who the running node is connected to.</summary>
internal static class PeersCommand
{
    private static readonly string[] Columns = ["peer", "agent", "address", "direction", "rtt", "streams", "received", "sent"];

    private static readonly string[] KnownColumns = ["peer", "agent", "addresses", "connections"];

    public static Command Create(CliContext context)
    {
        var known = new Option<bool>("--known") { Description = "All peers that the node knows, connected or not." };
        var command = new Command("peers", "List the connections of the running node.") { known };
        command.SetAction(async (parsed, token) =>
        {
            await using var session = await NodeSession.TryAttachAsync(context.DataFolderOf(parsed), context.TimeoutOf(parsed), token)
                ?? throw new UsageException($"No node runs in {context.DataFolderOf(parsed)}: start one with 'peernet run', or name its --data-dir.");
            var report = context.ReportOf(parsed);
            if (parsed.GetValue(known))
            {
                var peers = (await session.CallAsync("peers", null, token)).GetProperty("peers");
                report.Rows(KnownColumns, peers.EnumerateArray().Select(peer => report.IsJson ? Copy(peer) : KnownRow(peer)), "No peers.");
                return ExitCodes.Done;
            }

            var connections = (await session.CallAsync("connections", null, token)).GetProperty("connections");
            report.Rows(Columns, connections.EnumerateArray().Select(connection => report.IsJson ? Copy(connection) : Row(connection)), "No peers.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static JsonObject KnownRow(JsonElement peer) => new()
    {
        ["peer"] = peer.GetProperty("peerId").GetString(),
        ["agent"] = peer.GetProperty("agent").GetString(),
        ["addresses"] = new JsonArray([.. peer.GetProperty("addrs").EnumerateArray().Select(address => (JsonNode)address.GetProperty("addr").GetString()!)]),
        ["connections"] = peer.GetProperty("connections").GetInt32().ToString(),
    };

    private static JsonObject Copy(JsonElement connection) => JsonNode.Parse(connection.GetRawText())!.AsObject();

    private static JsonObject Row(JsonElement connection) => new()
    {
        ["peer"] = connection.GetProperty("peerId").GetString(),
        ["agent"] = connection.TryGetProperty("agent", out var agent) ? agent.GetString() : null,
        ["address"] = Report.WithoutPeer(connection.GetProperty("remoteAddr").GetString()!),
        ["direction"] = connection.GetProperty("direction").GetString(),
        ["rtt"] = connection.TryGetProperty("rtt", out var rtt) && rtt.ValueKind == JsonValueKind.Number ? $"{rtt.GetDouble():0.0} ms" : null,
        ["streams"] = connection.GetProperty("streams").GetArrayLength().ToString(),
        ["received"] = Units.Bytes(connection.GetProperty("bytesReceived").GetInt64()),
        ["sent"] = Units.Bytes(connection.GetProperty("bytesSent").GetInt64()),
    };
}
