using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using PeerNet.Identity;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet block</c>, <c>unblock</c> and <c>blocked</c>: whom the running node refuses; kept over restarts.</summary>
internal static class BlockCommands
{
    public static IEnumerable<Command> Create(CliContext context)
    {
        yield return Change(context, "block", "Refuse a peer, an IP address or a subnet from now on, and end connections with it.", "Blocked");
        yield return Change(context, "unblock", "Let a blocked peer, IP address or subnet in again.", "Unblocked");
        yield return List(context);
    }

    public static async Task<NodeSession> RunningNodeAsync(CliContext context, ParseResult parsed, CancellationToken token)
        => await NodeSession.TryAttachAsync(context.DataFolderOf(parsed), context.TimeoutOf(parsed), token)
            ?? throw new UsageException($"No node runs in {context.DataFolderOf(parsed)}: start one with 'peernet run', or name its --data-dir.");

    private static Command Change(CliContext context, string name, string description, string done)
    {
        var target = new Argument<string>("target") { Description = "A peer id, an IP address, or a subnet such as 192.0.2.0/24." };
        var command = new Command(name, description) { target };
        command.SetAction(async (parsed, token) =>
        {
            var text = parsed.GetValue(target)!.Trim();
            if (!PeerId.TryParse(text, out _) && !IPNetwork.TryParse(text, out _) && !IPAddress.TryParse(text, out _))
                throw new UsageException($"'{text}' is neither a peer id, nor an IP address, nor a subnet such as 192.0.2.0/24.");
            await using var session = await RunningNodeAsync(context, parsed, token);
            await session.CallAsync(name, new JsonObject { ["target"] = text }, token);
            context.ReportOf(parsed).Line(new JsonObject { ["target"] = text, ["blocked"] = name == "block" }, $"{done} {text}.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command List(CliContext context)
    {
        var command = new Command("blocked", "List whom the running node refuses.");
        command.SetAction(async (parsed, token) =>
        {
            await using var session = await RunningNodeAsync(context, parsed, token);
            var rules = (await session.CallAsync("blocked", null, token)).GetProperty("rules");
            context.ReportOf(parsed).Rows(["target", "kind"], rules.EnumerateArray().Select(rule => JsonNode.Parse(rule.GetRawText())!.AsObject()), "Nobody is blocked.");
            return ExitCodes.Done;
        });
        return command;
    }
}
