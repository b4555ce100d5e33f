using System.CommandLine;
using System.Text.Json.Nodes;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet disconnect</c>: ends the running node's connections with a peer.</summary>
internal static class DisconnectCommand
{
    public static Command Create(CliContext context)
    {
        var peer = Arguments.Peer();
        var command = new Command("disconnect", "End the running node's connections with a peer.") { peer };
        command.SetAction(async (parsed, token) =>
        {
            var target = Arguments.PeerIdText(parsed.GetValue(peer)!);
            await using var session = await BlockCommands.RunningNodeAsync(context, parsed, token);
            await session.CallAsync("disconnect", new JsonObject { ["peer"] = target }, token);
            context.ReportOf(parsed).Line(new JsonObject { ["peerId"] = target, ["connected"] = false }, $"Disconnected from {target}.");
            return ExitCodes.Done;
        });
        return command;
    }
}
