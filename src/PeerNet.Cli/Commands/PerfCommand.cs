using System.CommandLine;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet perf</c>: throughput to a peer that serves <c>/perf/1.0.0</c>.</summary>
internal static class PerfCommand
{
    public static Command Create(CliContext context)
    {
        var peer = Arguments.Peer();
        var up = new Option<long>("--up") { Description = "Bytes to send.", DefaultValueFactory = _ => 64L << 20 };
        var down = new Option<long>("--down") { Description = "Bytes to receive.", DefaultValueFactory = _ => 64L << 20 };
        foreach (var option in new[] { up, down })
        {
            option.Validators.Add(result =>
            {
                if (result.GetValue(option) < 0)
                    result.AddError($"{option.Name} takes a number of bytes, 0 or more.");
            });
        }

        var command = new Command("perf", "Measure the throughput to a peer that serves /perf/1.0.0.") { peer, up, down };
        command.SetAction(async (parsed, token) =>
        {
            var target = Arguments.PeerText(parsed.GetValue(peer)!);
            await using var progress = context.ProgressOf($"Measuring with {target}");
            await using var session = await context.OpenNodeAsync(parsed, token);
            var result = await session.CallAsync("perf", new JsonObject { ["peer"] = target, ["up"] = parsed.GetValue(up), ["down"] = parsed.GetValue(down) }, token);
            var fields = JsonNode.Parse(result.GetRawText())!.AsObject();
            context.ReportOf(parsed).Fields(fields);
            return ExitCodes.Done;
        });
        return command;
    }
}
