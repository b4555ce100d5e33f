using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>Records of the table: <c>store storeMany get getMany dhtId pack unpack</c>.</summary>
internal static class RecordCommands
{
    public static void Add(ControlCommandTable table, PeerNode node, HivemindDht dht)
    {
        var time = node.Swarm.Time;
        table.Add("store", async (request, token) =>
        {
            var item = Item(request.Arguments, time);
            var stored = await dht.StoreManyAsync([item], request.Flag("excludeSelf"), token).ConfigureAwait(false);
            return new JsonObject { ["stored"] = stored[0], ["expiration"] = HivemindJson.ToJson(item.Expiration) };
        });
        table.Add("storeMany", async (request, token) =>
        {
            var items = RecordArguments.Items(request.Arguments, "items").Select(item => Item(item, time)).ToArray();
            var stored = await dht.StoreManyAsync(items, request.Flag("excludeSelf"), token).ConfigureAwait(false);
            return new JsonObject
            {
                ["stored"] = new JsonArray([.. stored.Select(flag => (JsonNode)flag)]),
                ["expirations"] = new JsonArray([.. items.Select(item => HivemindJson.ToJson(item.Expiration))]),
            };
        });
        table.Add("get", async (request, token) =>
        {
            var id = RecordArguments.KeyId(request.Arguments);
            return RecordArguments.Found((await dht.GetManyAsync([id], Sufficient(request, time), token).ConfigureAwait(false))[0]);
        });
        table.Add("getMany", async (request, token) =>
        {
            var ids = RecordArguments.Items(request.Arguments, "keys").Select(key => DhtId.OfKey(RecordArguments.Value(key))).ToArray();
            var found = await dht.GetManyAsync(ids, Sufficient(request, time), token).ConfigureAwait(false);
            return new JsonObject { ["records"] = new JsonArray([.. found.Select(result => (JsonNode)RecordArguments.Found(result))]) };
        });
        table.Add("dhtId", request =>
        {
            var key = RecordArguments.Key(request.Arguments);
            return new JsonObject { ["keyId"] = DhtId.OfKey(key).ToString(), ["packed"] = key is BytesValue ? null : Convert.ToHexStringLower(key.ToBytes()) };
        });
        table.Add("pack", request => new JsonObject { ["hex"] = Convert.ToHexStringLower(RecordArguments.Value(request.Arguments, "value").ToBytes()) });
        table.Add("unpack", request => ValueReader.TryRead(request.Payload(), out var value, out var fault)
            ? new JsonObject { ["value"] = HivemindJson.ToJson(value) }
            : throw new ControlException(ControlErrors.InvalidParameters, $"no value: {fault}"));
    }

    private static DhtStoreItem Item(JsonElement arguments, TimeProvider time)
        => new(RecordArguments.Key(arguments), RecordArguments.Value(arguments, "value"), RecordArguments.Expiration(arguments, time), RecordArguments.SubkeyOf(arguments));

    private static DhtExpiration Sufficient(ControlRequest request, TimeProvider time)
        => request.Arguments.Member("sufficientExpiration") is { } given ? HivemindJson.ParseExpiration(given)
            : request.Flag("latest") ? DhtExpiration.Never
            : DhtExpiration.Now(time);
}
