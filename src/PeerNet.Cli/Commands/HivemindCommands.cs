using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Cli.Views;
using PeerNet.Configuration;
using PeerNet.Multiformats;

namespace PeerNet.Cli.Commands;

/// <summary><c>peernet hivemind …</c>: a Hivemind swarm's records, members, experts and models, through the running node or a client of its own.</summary>
internal static class HivemindCommands
{
    private static readonly Option<string[]> Initial = new("--initial-peer") { Description = "When no node runs: a member to join over. May be repeated.", Recursive = true };

    private static readonly Option<bool> Typed = new("--typed") { Description = "Keys and subkeys are JSON with type tags, such as {\"$bytes\":\"00ff\"}, rather than text." };

    public static Command Create(CliContext context)
    {
        var command = new Command("hivemind", "Records, members, experts and models of a Hivemind swarm.");
        command.Options.Add(Initial);
        command.Subcommands.Add(Get(context));
        command.Subcommands.Add(Store(context));
        command.Subcommands.Add(Ping(context));
        command.Subcommands.Add(Peers(context));
        command.Subcommands.Add(Experts(context));
        command.Subcommands.Add(Petals(context));
        command.Subcommands.Add(HivemindServe.Create(context, Initial));
        return command;
    }

    private static Command Get(CliContext context)
    {
        var key = new Argument<string>("key") { Description = "The record's key." };
        var latest = new Option<bool>("--latest") { Description = "Ask all nodes near to the key and take what ends last." };
        var command = new Command("get", "Read a record.") { key, latest, Typed };
        command.SetAction((parsed, token) => RunAsync(context, parsed, "get", new JsonObject { ["key"] = Key(parsed, key), ["latest"] = parsed.GetValue(latest) }, (report, found) =>
        {
            if (!found.GetProperty("found").GetBoolean())
                throw new Control.ControlException(Control.ControlErrors.NotFound, "There is no such record");
            if (found.GetProperty("kind").GetString() == "dictionary")
            {
                report.Rows(["subkey", "value", "expires"], found.GetProperty("subkeys").EnumerateArray().Select(item => new JsonObject
                {
                    ["subkey"] = Copy(item, "subkey"),
                    ["value"] = Copy(item, "value"),
                    ["expires"] = Time(item.GetProperty("expiration"), report.IsJson),
                }), "The dictionary is empty.");
                return;
            }

            report.Fields(new JsonObject { ["value"] = Copy(found, "value"), ["expires"] = Time(found.GetProperty("expiration"), report.IsJson) });
        }, token));
        return command;
    }

    private static Command Store(CliContext context)
    {
        var key = new Argument<string>("key") { Description = "The record's key." };
        var value = new Argument<string>("value") { Description = "The value: JSON, with type tags where JSON cannot tell types apart; anything else is text." };
        var subkey = new Option<string?>("--subkey") { Description = "The subkey, for an entry of a dictionary." };
        var ttl = new Option<double>("--ttl") { Description = "Seconds until the record ends.", DefaultValueFactory = _ => 3600 };
        ttl.Validators.Add(result =>
        {
            if (result.GetValue(ttl) is not (> 0 and <= 1e9))
                result.AddError("--ttl takes seconds, more than 0.");
        });
        var command = new Command("store", "Store a record.") { key, value, subkey, ttl, Typed };
        command.SetAction((parsed, token) =>
        {
            var arguments = new JsonObject { ["key"] = Key(parsed, key), ["value"] = Json(parsed.GetValue(value)!) ?? parsed.GetValue(value), ["ttl"] = parsed.GetValue(ttl) };
            if (parsed.GetValue(value) is "null")
                arguments["value"] = null;
            if (parsed.GetValue(subkey) is { } given)
                arguments["subkey"] = parsed.GetValue(Typed) ? Json(given) ?? throw NotJson(given) : given;
            return RunAsync(context, parsed, "store", arguments, (report, done) =>
            {
                var stored = done.GetProperty("stored").GetBoolean();
                report.Line(
                    new JsonObject { ["stored"] = stored, ["expiration"] = Copy(done, "expiration") },
                    stored ? $"Stored until {Time(done.GetProperty("expiration"), false)}." : "Refused: what is stored there ends later, or belongs to somebody else.");
                return stored ? ExitCodes.Done : ExitCodes.Failed;
            }, token);
        });
        return command;
    }

    private static Command Ping(CliContext context)
    {
        var peer = Arguments.Peer();
        var command = new Command("ping", "Ask a node of the table whether it is there, and what its clock says.") { peer };
        command.SetAction((parsed, token) => RunAsync(context, parsed, "rpcPing", new JsonObject { ["peer"] = Arguments.PeerText(parsed.GetValue(peer)!) }, (report, answer) =>
        {
            var ahead = answer.GetProperty("dhtTime").GetDouble() - ((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - (answer.GetProperty("rtt").GetDouble() / 2000));
            report.Fields(new JsonObject
            {
                ["peerId"] = Arguments.PeerIdText(parsed.GetValue(peer)!),
                ["nodeId"] = answer.GetProperty("nodeId").GetString() is { Length: > 0 } id ? id : null,
                ["rttMs"] = answer.GetProperty("rtt").GetDouble(),
                ["clockAheadSeconds"] = Math.Round(ahead, 3),
            });
        }, token));
        return command;
    }

    private static Command Peers(CliContext context)
    {
        var command = new Command("peers", "Show the nodes in the table.");
        command.SetAction((parsed, token) => RunAsync(context, parsed, "routingTable", [], (report, table) =>
            report.Rows(["nodeId", "peerId"], table.GetProperty("nodes").EnumerateArray().Select(node => JsonNode.Parse(node.GetRawText())!.AsObject()), "No other node is known."), token));
        return command;
    }

    private static Command Experts(CliContext context)
    {
        var uids = new Argument<string[]>("uids") { Description = "Experts such as ffn.5.6, or prefixes such as ffn.5. to see what is below them.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("experts", "Find experts of a mixture: who serves them.") { uids };
        command.SetAction((parsed, token) =>
        {
            var given = parsed.GetValue(uids)!;
            var arePrefixes = given.All(uid => uid.EndsWith('.'));
            if (!arePrefixes && given.Any(uid => uid.EndsWith('.')))
                throw new UsageException("Name either experts (ffn.5.6) or prefixes (ffn.5.), not both.");
            var names = new JsonArray([.. given.Select(uid => (JsonNode)uid)]);
            return arePrefixes
                ? RunAsync(context, parsed, "activeSuccessors", new JsonObject { ["prefixes"] = names, ["negativeCaching"] = false }, (report, found) =>
                    report.Rows(["prefix", "next", "uid", "peerId"], found.GetProperty("successors").EnumerateObject().SelectMany(prefix => prefix.Value.EnumerateObject().Select(next => new JsonObject
                    {
                        ["prefix"] = prefix.Name,
                        ["next"] = next.Name,
                        ["uid"] = Copy(next.Value, "uid"),
                        ["peerId"] = Copy(next.Value, "peerId"),
                    })), "Nothing is below them."), token)
                : RunAsync(context, parsed, "getExperts", new JsonObject { ["uids"] = names }, (report, found) =>
                    report.Rows(["uid", "peerId"], found.GetProperty("experts").EnumerateArray().Select((expert, i) => new JsonObject
                    {
                        ["uid"] = given[i],
                        ["peerId"] = expert.ValueKind == JsonValueKind.Null ? null : Copy(expert, "peerId"),
                    }), "No experts."), token);
        });
        return command;
    }

    private static Command Petals(CliContext context)
    {
        var model = new Argument<string?>("model") { Description = "A model's prefix, such as Llama-2-70b-hf; left out, the models there are.", Arity = ArgumentArity.ZeroOrOne };
        var blocks = new Option<int?>("--blocks") { Description = "How many blocks the model has, when it is not registered." };
        var command = new Command("petals", "Show Petals' models, or how well the blocks of one are served.") { model, blocks };
        command.SetAction((parsed, token) =>
        {
            if (parsed.GetValue(model) is not { } prefix)
            {
                return RunAsync(context, parsed, "petalsModels", [], (report, found) =>
                    report.Rows(["model", "blocks", "repository"], found.GetProperty("models").EnumerateArray().Select(one => JsonNode.Parse(one.GetRawText())!.AsObject()), "No model is registered."), token);
            }

            var arguments = new JsonObject { ["model"] = prefix };
            if (parsed.GetValue(blocks) is { } count)
                arguments["blocks"] = count;
            return RunAsync(context, parsed, "petalsBlocks", arguments, BlockBars.Show, token);
        });
        return command;
    }

    private static Task<int> RunAsync(CliContext context, ParseResult parsed, string question, JsonObject arguments, Action<Report, JsonElement> show, CancellationToken token)
        => RunAsync(context, parsed, question, arguments, (report, reply) =>
        {
            show(report, reply);
            return ExitCodes.Done;
        }, token);

    private static async Task<int> RunAsync(CliContext context, ParseResult parsed, string question, JsonObject arguments, Func<Report, JsonElement, int> show, CancellationToken token)
    {
        JsonElement reply;
        await using (context.ProgressOf("Asking the swarm"))
        {
            await using var session = await context.OpenNodeAsync(parsed, token, options => Join(parsed, options));
            reply = await session.CallAsync(question, arguments, token);
        }

        return show(context.ReportOf(parsed), reply);
    }

    private static void Join(ParseResult parsed, PeerNodeOptions options)
    {
        var initial = parsed.GetValue(Initial) ?? [];
        if (initial.Length == 0)
            throw new UsageException("No node runs here, and there is nobody to join over: name a member with --initial-peer.");
        options.Hivemind.Mode = HivemindNodeMode.Client;
        foreach (var address in initial)
            options.Hivemind.InitialPeers.Add(Arguments.Address(address).ToString());
    }

    private static JsonNode? Key(ParseResult parsed, Argument<string> key)
    {
        var text = parsed.GetValue(key)!;
        return parsed.GetValue(Typed) ? Json(text) ?? throw NotJson(text) : text;
    }

    private static JsonNode? Json(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static UsageException NotJson(string text) => new($"'{text}' is not JSON; with --typed a text is written as '\"text\"'.");

    private static JsonNode? Copy(JsonElement element, string name) => JsonNode.Parse(element.GetProperty(name).GetRawText());

    private static JsonNode Time(JsonElement expiration, bool asNumber)
    {
        if (asNumber || expiration.ValueKind != JsonValueKind.Number || expiration.GetDouble() is < 0 or > 253402300799)
            return JsonNode.Parse(expiration.GetRawText())!;
        return DateTimeOffset.UnixEpoch.AddSeconds(expiration.GetDouble()).ToString("yyyy-MM-dd HH:mm:ss 'UTC'");
    }
}
