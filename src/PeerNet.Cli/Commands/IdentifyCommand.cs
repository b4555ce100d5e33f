using System.CommandLine;
using System.Text.Json.Nodes;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet identify</c>: what a peer says of itself.</summary>
internal static class IdentifyCommand
{
    public static Command Create(CliContext context)
    {
        var peer = Arguments.Peer();
        var command = new Command("identify", "Ask a peer who it is, where it listens and what it speaks.") { peer };
        command.SetAction(async (parsed, token) =>
        {
            var target = Arguments.PeerText(parsed.GetValue(peer)!);
            await using var progress = context.ProgressOf($"Asking {target}");
            await using var session = await context.OpenNodeAsync(parsed, token);
            var info = await session.CallAsync("identify", new JsonObject { ["peer"] = target }, token);
            var fields = JsonNode.Parse(info.GetRawText())!.AsObject();
            if (!parsed.GetValue(context.Options.Json) && fields["signedPeerRecord"] is JsonObject record)
                fields["signedPeerRecord"] = $"seq {record["seq"]}, {(record["addrs"] as JsonArray)?.Count ?? 0} addresses";
            context.ReportOf(parsed).Fields(fields);
            return ExitCodes.Done;
        });
        return command;
    }
}
