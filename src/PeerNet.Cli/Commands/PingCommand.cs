using System.CommandLine;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;
using PeerNet.Control;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet ping</c>: round trips to a peer.</summary>
internal static class PingCommand
{
    public static Command Create(CliContext context)
    {
        var peer = Arguments.Peer();
        var count = new Option<int>("--count", "-c") { Description = "How many pings.", DefaultValueFactory = _ => 4 };
        var interval = new Option<double>("--interval", "-i") { Description = "Seconds between pings.", DefaultValueFactory = _ => 1 };
        count.Validators.Add(result =>
        {
            if (result.GetValue(count) < 1)
                result.AddError("--count takes a number of at least 1.");
        });
        interval.Validators.Add(result =>
        {
            if (result.GetValue(interval) is < 0 or > 3600 or double.NaN)
                result.AddError("--interval takes seconds, from 0 to 3600.");
        });
        var command = new Command("ping", "Measure the round-trip time to a peer.") { peer, count, interval };
        command.SetAction(async (parsed, token) =>
        {
            var target = Arguments.PeerText(parsed.GetValue(peer)!);
            var report = context.ReportOf(parsed);
            await using var session = await context.OpenNodeAsync(parsed, token);
            await using (context.ProgressOf($"Connecting to {target}"))
                await session.CallAsync("dial", new JsonObject { [target.StartsWith('/') ? "addr" : "peer"] = target }, token);
            var times = new List<double>();
            var total = parsed.GetValue(count);
            ControlException? last = null;
            for (var i = 1; i <= total; i++)
            {
                if (i > 1)
                    await Task.Delay(TimeSpan.FromSeconds(parsed.GetValue(interval)), TimeProvider.System, token);
                try
                {
                    var reply = await session.CallAsync("ping", new JsonObject { ["peer"] = target }, token);
                    var rtt = reply.GetProperty("rtts")[0].GetDouble();
                    times.Add(rtt);
                    report.Line(new JsonObject { ["seq"] = i, ["peerId"] = Arguments.PeerIdText(target), ["rttMs"] = rtt }, $"pong from {Arguments.PeerIdText(target)}: seq={i} time={Units.Milliseconds(rtt)}");
                }
                catch (ControlException error)
                {
                    last = error;
                    report.Line(new JsonObject { ["seq"] = i, ["peerId"] = Arguments.PeerIdText(target), ["error"] = error.Name }, $"no pong: seq={i} {error.Message}");
                }
            }

            report.Line(times.Count == 0
                ? $"{total} pings, none answered."
                : $"{total} pings, {times.Count} answered; min {Units.Milliseconds(times.Min())}, median {Units.Milliseconds(times.Order().ElementAt(times.Count / 2))}, max {Units.Milliseconds(times.Max())}.");
            return times.Count == 0 ? throw last! : times.Count == total ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }
}
