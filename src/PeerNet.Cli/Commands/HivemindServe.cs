using System.CommandLine;
using System.Text.Json.Nodes;
using PeerNet.Configuration;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet hivemind serve</c>: a full member of a swarm until it is interrupted, and what it holds from time to time.</summary>
internal static class HivemindServe
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(30);

    public static Command Create(CliContext context, Option<string[]> initial)
    {
        var listen = new Option<string[]>("--listen") { Description = "An address to listen on. May be repeated. Default: /ip4/0.0.0.0/tcp/0." };
        var key = new Option<string?>("--signing-key") { Description = "PEM file with the RSA key that signs records; made when missing.", HelpName = "file" };
        var command = new Command("serve", "Run a full member of a Hivemind swarm, in the data folder, until it is interrupted. Without --initial-peer it begins a swarm.") { listen, key };
        command.SetAction(async (parsed, token) =>
        {
            var report = context.ReportOf(parsed);
            var options = new PeerNodeOptions { DataFolder = context.DataFolderOf(parsed) };
            foreach (var address in parsed.GetValue(listen) is { Length: > 0 } given ? given : ["/ip4/0.0.0.0/tcp/0"])
                options.Listen.Add(Arguments.Address(address).ToString());
            options.Hivemind.Mode = HivemindNodeMode.Server;
            options.Hivemind.SigningKeyFile = parsed.GetValue(key);
            foreach (var address in parsed.GetValue(initial) ?? [])
                options.Hivemind.InitialPeers.Add(Arguments.Address(address).ToString());
            using var loggers = context.LoggersOf(parsed);
            PeerNode node;
            await using (context.ProgressOf("Joining the swarm"))
                node = await PeerNode.CreateBuilder().WithOptions(options).WithLogging(loggers).StartAsync(token);
            await using var held = node;
            var dht = node.Hivemind!.Dht;
            report.Fields(new JsonObject
            {
                ["peerId"] = node.PeerId.ToString(),
                ["nodeId"] = dht.NodeId.ToString(),
                ["addrs"] = new JsonArray([.. node.Addresses.Select(address => (JsonNode)address)]),
            });
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(token, node.Stopping);
            while (!ending.IsCancellationRequested)
            {
                report.Line(new JsonObject { ["nodes"] = dht.KnownNodes, ["stored"] = dht.StoredKeys }, $"{dht.KnownNodes} nodes known, {dht.StoredKeys} keys stored");
                await Task.Delay(ReportInterval, TimeProvider.System, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
