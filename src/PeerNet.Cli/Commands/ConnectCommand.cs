using System.CommandLine;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet connect</c>: connects a peer to the running node, or just tries whether it can be reached.</summary>
internal static class ConnectCommand
{
    public static Command Create(CliContext context)
    {
        var peer = Arguments.Peer();
        var command = new Command("connect", "Connect the running node to a peer; without a running node, try whether the peer can be reached.") { peer };
        command.SetAction(async (parsed, token) =>
        {
            var target = Arguments.PeerText(parsed.GetValue(peer)!);
            var report = context.ReportOf(parsed);
            await using var progress = context.ProgressOf($"Connecting to {target}");
            await using var session = await context.OpenNodeAsync(parsed, token);
            var connection = await session.CallAsync("dial", new JsonObject { [target.StartsWith('/') ? "addr" : "peer"] = target }, token);
            var fields = new JsonObject
            {
                ["peerId"] = connection.GetProperty("peerId").GetString(),
                ["remoteAddr"] = connection.GetProperty("remoteAddr").GetString(),
                ["encryption"] = connection.GetProperty("encryption").GetString(),
                ["multiplexer"] = connection.GetProperty("multiplexer").GetString(),
                ["kept"] = session.IsAttached,
            };
            report.Line(fields, $"Connected to {Report.Clean((string?)fields["peerId"])} at {Report.Clean((string?)fields["remoteAddr"])} ({fields["encryption"]}, {fields["multiplexer"]})."
                + (session.IsAttached ? "" : " No node is running, so the connection ends here."));
            return ExitCodes.Done;
        });
        return command;
    }
}
