using System.Globalization;
using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Moe;
using PeerNet.Hivemind.Petals;
using PeerNet.Identity;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>Experts and Petals' records: <c>declareExperts getExperts activeSuccessors beamSearch declareModules getModules petalsModels petalsBlocks</c>.</summary>
internal static class ApplicationCommands
{
    public static void Add(ControlCommandTable table, PeerNode node, HivemindDht dht)
    {
        var time = node.Swarm.Time;
        table.Add("declareExperts", async (request, token) =>
        {
            var expiration = RecordArguments.Expiration(request.Arguments, time);
            var uids = request.Texts("uids").Select(ExpertUid.Parse).ToArray();
            var stored = await new ExpertDirectory(dht).DeclareAsync(uids, expiration, token).ConfigureAwait(false);
            return new JsonObject
            {
                ["stored"] = new JsonArray([.. uids.Zip(stored, (uid, flag) => (JsonNode)new JsonObject { ["key"] = uid.Text, ["subkey"] = null, ["stored"] = flag })]),
                ["expiration"] = HivemindJson.ToJson(expiration),
            };
        });
        table.Add("getExperts", async (request, token) =>
        {
            var found = await new ExpertDirectory(dht).FindAsync([.. request.Texts("uids").Select(ExpertUid.Parse)], token).ConfigureAwait(false);
            return new JsonObject { ["experts"] = new JsonArray([.. found.Select(expert => expert is null ? null : (JsonNode)Expert(expert))]) };
        });
        table.Add("activeSuccessors", async (request, token) =>
        {
            var prefixes = request.Texts("prefixes");
            var found = await Directory(request, dht).GetSuccessorsAsync([.. prefixes.Select(ExpertPrefix.Parse)], token).ConfigureAwait(false);
            return new JsonObject
            {
                ["successors"] = new JsonObject(prefixes.Zip(found, (prefix, successors) => KeyValuePair.Create(prefix, (JsonNode?)new JsonObject(successors.Select(
                    successor => KeyValuePair.Create(successor.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)Expert(successor.Value))))))),
            };
        });
        ControlCommand search = async (request, token) =>
        {
            var scores = RecordArguments.Items(request.Arguments, "scores").Select(row => (IReadOnlyList<double>)[.. row.EnumerateArray().Select(score => score.GetDouble())]).ToArray();
            var found = await Directory(request, dht).SearchAsync(ExpertPrefix.Parse(request.RequiredText("prefix")), scores, (int)request.Number("beamSize", 4, 1, 4096), token).ConfigureAwait(false);
            return new JsonObject { ["experts"] = new JsonArray([.. found.Select(expert => (JsonNode)Expert(expert.Expert))]) };
        };
        table.Add("beamSearch", search);
        table.Add("beamGet", search);
        table.Add("declareModules", (request, token) => DeclareAsync(node, dht, request, token));
        table.Add("getModules", async (request, token) =>
        {
            var uids = request.Has("uids") ? request.Texts("uids") : [.. Blocks(request).Select(block => $"{request.RequiredText("prefix")}.{block}")];
            var found = await dht.GetManyAsync([.. uids.Select(uid => (HivemindValue)uid)], request.Flag("latest"), token).ConfigureAwait(false);
            return new JsonObject { ["blocks"] = new JsonObject(uids.Zip(found, (uid, result) => KeyValuePair.Create(uid, (JsonNode?)Servers(result)))) };
        });
        table.Add("petalsModels", async (_, token) =>
        {
            var models = await new PetalsDirectory(dht).GetModelsAsync(token).ConfigureAwait(false);
            return new JsonObject { ["models"] = new JsonArray([.. models.Select(model => (JsonNode)new JsonObject { ["model"] = model.Key, ["blocks"] = model.Value.BlockCount, ["repository"] = model.Value.Repository })]) };
        });
        table.Add("petalsBlocks", async (request, token) =>
        {
            var prefix = request.RequiredText("model");
            var directory = new PetalsDirectory(dht);
            var model = request.Has("blocks")
                ? new ModelMap(prefix, null, await directory.GetBlocksAsync(prefix, 0, (int)request.Number("blocks", 0, 1, 10_000), token).ConfigureAwait(false))
                : await directory.GetModelAsync(prefix, token).ConfigureAwait(false) ?? throw new ControlException(ControlErrors.NotFound, $"no model {prefix} is registered; name the number of its \"blocks\"");
            return Coverage(model);
        });
    }

    private static ExpertDirectory Directory(ControlRequest request, HivemindDht dht) => new(dht) { CacheMissing = request.Flag("negativeCaching", fallback: true) };

    private static IEnumerable<int> Blocks(ControlRequest request)
    {
        var start = (int)request.Number("start", 0, 0, 10_000);
        return Enumerable.Range(start, (int)request.Number("end", start, start, 10_000) - start);
    }

    // The info is the driver's own, so that it can announce what a reader has to leave out.
    private static async ValueTask<JsonNode?> DeclareAsync(PeerNode node, HivemindDht dht, ControlRequest request, CancellationToken token)
    {
        var prefix = request.RequiredText("prefix");
        var blocks = Blocks(request).ToArray();
        var expiration = RecordArguments.Expiration(request.Arguments, node.Swarm.Time);
        var info = RecordArguments.Value(request.Arguments, "info") as MapValue ?? HivemindValue.Map();
        var extra = new List<KeyValuePair<HivemindValue, HivemindValue>>
        {
            KeyValuePair.Create((HivemindValue)"start_block", (HivemindValue)request.Number("start", 0)),
            KeyValuePair.Create((HivemindValue)"end_block", (HivemindValue)request.Number("end", 0)),
        };
        extra.AddRange(info.Entries.Where(entry => !entry.Key.Equals("state") && !entry.Key.Equals("throughput")));
        var throughput = info["throughput"] switch
        {
            FloatValue number => number.Value,
            IntegerValue number => (double)number.Value,
            _ => 1.0,
        };
        var value = HivemindValue.Tuple(info["state"] ?? 2, throughput, new MapValue(extra));
        var items = blocks.Select(block => new DhtStoreItem($"{prefix}.{block}", value, expiration, node.PeerId.ToString())).ToArray();
        var stored = await dht.StoreManyAsync(items, token: token).ConfigureAwait(false);
        var result = new JsonObject
        {
            ["stored"] = new JsonObject(items.Zip(stored, (item, flag) => KeyValuePair.Create(((TextValue)item.Key).Value, (JsonNode?)flag))),
            ["expiration"] = HivemindJson.ToJson(expiration),
            ["value"] = HivemindJson.ToJson(value),
        };
        if (request.Has("registry"))
            result["registry"] = await dht.StoreAsync(PetalsProtocol.ModelsKey, RecordArguments.Value(request.Arguments, "registry"), expiration, prefix, token).ConfigureAwait(false);
        return result;
    }

    private static JsonObject Servers(DhtResult? found)
    {
        var servers = new JsonObject();
        if (found is not DhtDictionaryResult dictionary)
            return servers;
        foreach (var (subkey, entry) in dictionary.Items)
        {
            if (subkey.Value is TextValue who && PeerId.TryParse(who.Value, out _) && ServerInfoCodec.TryDecode(entry.Value, out _))
            {
                var sequence = entry.Value is TupleValue tuple ? tuple.Items : ((ListValue)entry.Value).Items;
                var fields = sequence.Count > 2 ? HivemindJson.ToJson(sequence[2])!.AsObject() : [];
                fields["state"] = HivemindJson.ToJson(sequence[0]);
                fields["throughput"] = ((FloatValue)sequence[1]).Value;
                fields["expiration"] = HivemindJson.ToJson(entry.Expiration);
                servers[who.Value] = fields;
            }
            else
            {
                servers[subkey.ToString()] = new JsonObject { ["error"] = "no record that Petals reads", ["value"] = HivemindJson.ToJson(entry.Value) };
            }
        }

        return servers;
    }

    private static JsonObject Coverage(ModelMap model) => new()
    {
        ["model"] = model.Prefix,
        ["repository"] = model.Info?.Repository,
        ["complete"] = model.IsComplete,
        ["blocks"] = new JsonArray([.. model.Coverage.Select(block => (JsonNode)new JsonObject
        {
            ["block"] = block.Block,
            ["online"] = block.Online,
            ["joining"] = block.Joining,
            ["throughput"] = Math.Round(block.Throughput, 3),
        })]),
        ["weakest"] = new JsonArray([.. model.WeakestBlocks(Math.Max(1, model.Coverage.Count / 10)).Select(block => (JsonNode)block.Block)]),
        ["servers"] = new JsonArray([.. model.SpansOf(ServerState.Joining).Select(span => (JsonNode)new JsonObject
        {
            ["peerId"] = span.Peer.ToString(),
            ["start"] = span.Start,
            ["end"] = span.End,
            ["state"] = span.Server.State.ToString(),
            ["throughput"] = span.Server.Throughput,
            ["name"] = span.Server.PublicName,
            ["version"] = span.Server.Version,
        })]),
    };

    private static JsonObject Expert(ExpertLocation expert) => new() { ["uid"] = expert.Uid.Text, ["peerId"] = expert.Peer.ToString() };
}
