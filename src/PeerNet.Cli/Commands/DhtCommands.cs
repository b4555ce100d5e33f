using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;
using PeerNet.Configuration;
using PeerNet.Identity;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet dht …</c>: the distributed hash table, through the running node or a client of its own that joins over <c>--bootstrap</c>.</summary>
internal static class DhtCommands
{
    public static Command Create(CliContext context)
    {
        var join = new JoinOptions();
        var command = new Command("dht", "Find peers, content and values in the distributed hash table, and put them there.");
        foreach (var option in join.All)
            command.Options.Add(option);
        command.Subcommands.Add(FindPeer(context, join));
        command.Subcommands.Add(Provide(context, join));
        command.Subcommands.Add(FindProviders(context, join));
        command.Subcommands.Add(Put(context, join));
        command.Subcommands.Add(Get(context, join));
        command.Subcommands.Add(Closest(context, join));
        command.Subcommands.Add(Table(context, join));
        return command;
    }

    private static Command FindPeer(CliContext context, JoinOptions join)
    {
        var peer = new Argument<string>("peer") { Description = "A peer id." };
        return Make("find-peer", "Find the addresses of a peer.", context, join, peer, text =>
        {
            if (!PeerId.TryParse(text.Trim(), out var id))
                throw new UsageException($"'{text}' is not a peer id (12D3KooW…, Qm…).");
            return ("dhtFindPeer", new JsonObject { ["peer"] = id!.ToString() });
        }, (report, found) => report.Fields(Copy(found)));
    }

    private static Command Provide(CliContext context, JoinOptions join)
        => Make("provide", "Tell the network that this node has some content. Only a running node can be asked for it afterwards.", context, join, Content(), text => ("dhtProvide", Key(text)), (report, done) =>
            report.Line(Copy(done), $"{done.GetProperty("cid").GetString()}: told {done.GetProperty("stored").GetArrayLength()} peers."));

    private static Command FindProviders(CliContext context, JoinOptions join)
    {
        var count = new Option<int>("--count") { Description = "How many to look for.", DefaultValueFactory = _ => 20 };
        var command = Make("find-providers", "Find who has some content.", context, join, Content(), text => ("dhtFindProviders", Key(text)), (report, found) =>
            report.Rows(["peerId", "addrs"], found.GetProperty("providers").EnumerateArray().Select(Copy), "Nobody is known to have it."), count);
        return command;
    }

    private static Command Put(CliContext context, JoinOptions join)
    {
        var key = new Argument<string>("key") { Description = "A key with its namespace, such as /pk/…; 0x… is hexadecimal." };
        var value = new Argument<string>("value") { Description = "The value; 0x… is hexadecimal." };
        var command = new Command("put", "Put a value into the network.") { key, value };
        command.SetAction((parsed, token) => RunAsync(context, join, parsed, "dhtPut", new JsonObject { ["key"] = parsed.GetValue(key), ["value"] = parsed.GetValue(value) }, (report, done) =>
            report.Line(Copy(done), $"Stored at {done.GetProperty("stored").GetArrayLength()} peers."), token));
        return command;
    }

    private static Command Get(CliContext context, JoinOptions join)
        => Make("get", "Get a value from the network.", context, join, new Argument<string>("key") { Description = "A key with its namespace; 0x… is hexadecimal." }, text => ("dhtGet", new JsonObject { ["key"] = text }), (report, found) =>
            report.Line(Copy(found), Report.Clean(found.GetProperty("value").GetString())));

    private static Command Closest(CliContext context, JoinOptions join)
        => Make("closest", "Find the peers nearest to a key.", context, join, new Argument<string>("key") { Description = "A peer id, a CID, or a key as text." }, text => ("dhtClosest", new JsonObject { ["key"] = text }), (report, found) =>
            report.Rows(["peerId", "addrs"], found.GetProperty("details").EnumerateArray().Select(Copy), "No peers."));

    private static Command Table(CliContext context, JoinOptions join)
    {
        var command = new Command("table", "Show the routing tables.");
        command.SetAction((parsed, token) => RunAsync(context, join, parsed, "dhtTable", [], (report, table) =>
            report.Rows(["protocol", "bucket", "peerId"], table.GetProperty("tables").EnumerateArray().SelectMany(one => one.GetProperty("members").EnumerateArray().Select(member => new JsonObject
            {
                ["protocol"] = one.GetProperty("protocol").GetString(),
                ["bucket"] = member.GetProperty("bucket").GetInt32(),
                ["peerId"] = member.GetProperty("peerId").GetString(),
            })), "The routing tables are empty."), token));
        return command;
    }

    private static Argument<string> Content() => new("content") { Description = "A CID, a multihash, or any text (then its raw SHA-256 CIDv1)." };

    // What reads as a CID or multihash is one; anything else is text.
    private static JsonObject Key(string text)
        => Protocols.Kad.ContentKey.TryParse(text, out _) ? new JsonObject { ["cid"] = text } : new JsonObject { ["text"] = text };

    private static JsonObject Copy(JsonElement element) => JsonNode.Parse(element.GetRawText())!.AsObject();

    private static Command Make(string name, string description, CliContext context, JoinOptions join, Argument<string> argument, Func<string, (string Command, JsonObject Arguments)> ask, Action<Report, JsonElement> show, Option<int>? count = null)
    {
        var command = new Command(name, description) { argument };
        if (count is not null)
            command.Options.Add(count);
        command.SetAction((parsed, token) =>
        {
            var (question, arguments) = ask(parsed.GetValue(argument)!);
            if (count is not null)
                arguments["count"] = parsed.GetValue(count);
            return RunAsync(context, join, parsed, question, arguments, show, token);
        });
        return command;
    }

    private static async Task<int> RunAsync(CliContext context, JoinOptions join, ParseResult parsed, string question, JsonObject arguments, Action<Report, JsonElement> show, CancellationToken token)
    {
        await using var progress = context.ProgressOf("Asking the network");
        await using var session = await context.OpenNodeAsync(parsed, token, options => join.Apply(parsed, options));
        await JoinOptions.WaitAsync(session, token);
        show(context.ReportOf(parsed), await session.CallAsync(question, arguments, token));
        return ExitCodes.Done;
    }
}

/// <summary>How a short-lived node joins a hash table.</summary>
internal sealed class JoinOptions
{
    public Option<string[]> Bootstrap { get; } = new("--bootstrap") { Description = "When no node runs: a peer to join over. May be repeated.", Recursive = true };

    public Option<string?> Protocol { get; } = new("--dht-protocol") { Description = "When no node runs: a hash table of one's own, such as /lab/kad/1.0.0.", Recursive = true };

    public IEnumerable<Option> All => [Bootstrap, Protocol];

    public void Apply(ParseResult parsed, PeerNodeOptions options)
    {
        options.Dht.Mode = DhtNodeMode.Client;
        options.Dht.Protocol = parsed.GetValue(Protocol);
        foreach (var address in parsed.GetValue(Bootstrap) ?? [])
            options.Bootstrap.Add(address);
        if (options.Bootstrap.Count == 0)
            throw new UsageException("No node runs here, and there is nobody to join over: name a peer with --bootstrap.");
    }

    /// <summary>Lets a node that has just started meet its first peers; a running node has met them.</summary>
    public static async Task WaitAsync(NodeSession session, CancellationToken token)
    {
        for (var tries = 0; !session.IsAttached && tries < 150; tries++)
        {
            if ((await session.CallAsync("dhtTable", null, token)).GetProperty("size").GetInt32() > 0)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, token);
        }
    }
}
