using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>The table from inside: <c>nodeId findNodes dhtPing routingTable forgetNode blacklist storageDump cacheDump clear</c>.</summary>
internal static class TableCommands
{
    public static void Add(ControlCommandTable table, PeerNode node, HivemindDht dht)
    {
        var context = dht.Context;
        table.Add("nodeId", _ => Describe(node, dht));
        table.Add("findNodes", async (request, token) =>
        {
            var id = RecordArguments.KeyId(request.Arguments);
            var found = (await dht.FindNearestAsync(id, token).ConfigureAwait(false)).ToList();
            if (!request.Flag("excludeSelf") && !context.Options.ClientMode)
                found.Add(new DhtNodeAddress(dht.NodeId, node.PeerId));
            var nearest = found.OrderBy(other => other.Id.DistanceTo(id)).Take((int)request.Number("k", context.Options.BucketSize, 1, 1000));
            return new JsonObject { ["keyId"] = id.ToString(), ["nodes"] = new JsonArray([.. nearest.Select(other => (JsonNode)RecordArguments.Node(other))]) };
        });
        table.Add("dhtPing", async (request, token) =>
        {
            try
            {
                var answer = await dht.Caller.PingAsync(await PeerAsync(node, request, token).ConfigureAwait(false), request.Flag("validate"), context.Options.CallTimeout, token).ConfigureAwait(false);
                return new JsonObject { ["alive"] = answer.NodeId is not null, ["nodeId"] = answer.NodeId?.ToString() };
            }
            catch (RpcException)
            {
                return new JsonObject { ["alive"] = false, ["nodeId"] = null };
            }
        });
        table.Add("routingTable", _ => new JsonObject
        {
            ["nodeId"] = dht.NodeId.ToString(),
            ["nodes"] = new JsonArray([.. dht.Nodes.Select(other => (JsonNode)RecordArguments.Node(other))]),
            ["buckets"] = new JsonArray([.. context.Peers.GetBuckets().Select(bucket => (JsonNode)new JsonObject
            {
                ["lower"] = bucket.First.ToString(),
                ["depth"] = bucket.Depth,
                ["live"] = Shapes.List(bucket.Live),
                ["replacements"] = Shapes.List(bucket.Waiting),
            })]),
        });
        table.Add("forgetNode", request =>
        {
            var peer = request.Peer().Peer;
            var isKnown = context.Peers.IdOf(peer) is not null;
            context.Peers.OnSilent(peer);
            return new JsonObject { ["removed"] = isKnown };
        });
        table.Add("blacklist", _ =>
        {
            var entries = context.Peers.GetBlacklist();
            return new JsonObject
            {
                ["banned"] = Shapes.List(entries.Where(entry => entry.IsBanned).Select(entry => entry.Peer)),
                ["failures"] = new JsonObject(entries.Select(entry => KeyValuePair.Create(entry.Peer.ToString(), (JsonNode?)entry.Failures))),
            };
        });
        table.Add("storageDump", _ => Dump(context.Storage, context.Now));
        table.Add("cacheDump", _ => Dump(context.Cache, context.Now));
        table.Add("clear", request =>
        {
            var counts = new JsonObject { ["storage"] = context.Storage.Count, ["cache"] = context.Cache.Count };
            if (request.Flag("storage", fallback: true))
                context.Storage.Clear();
            if (request.Flag("cache", fallback: true))
                context.Cache.Clear();
            if (request.Flag("blacklist", fallback: true))
                context.Peers.ClearBlacklist();
            return counts;
        });
    }

    /// <summary>The node's part in the swarm.</summary>
    public static JsonObject Describe(PeerNode node, HivemindDht dht) => new()
    {
        ["peerId"] = node.PeerId.ToString(),
        ["addrs"] = Shapes.Addresses(node),
        ["nodeId"] = dht.NodeId.ToString(),
        ["clientMode"] = dht.Context.Options.ClientMode,
        ["routingTableSize"] = dht.KnownNodes,
        ["stored"] = dht.Context.Storage.Count,
        ["cached"] = dht.Context.Cache.Count,
        ["pid"] = Environment.ProcessId,
    };

    /// <summary>The peer that a command is about; one that is named by an address is connected to first.</summary>
    public static async ValueTask<PeerId> PeerAsync(PeerNode node, ControlRequest request, CancellationToken token)
    {
        var (peer, address) = request.Peer();
        if (address is not null)
            await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
        return peer;
    }

    private static JsonObject Dump(IDhtStorage storage, DhtExpiration now)
    {
        var records = new JsonArray();
        foreach (var key in storage.Keys)
        {
            if (storage.Get(key, now) is not { } entry)
                continue;
            var record = RecordArguments.Held(entry, now);
            record["keyId"] = key.ToString();
            records.Add((JsonNode)record);
        }

        return new JsonObject { ["records"] = records };
    }
}
