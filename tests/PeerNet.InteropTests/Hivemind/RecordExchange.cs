using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>Records of every kind of value, under every kind of subkey and under none: stored on each side and read on the other.</summary>
internal static class RecordExchange
{
    /// <summary>Kinds of values as the control protocol spells them; every length and sign that has a form of its own in MessagePack is there.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
    [
        "null", "true", "false", "0", "1", "-1", "127", "128", "255", "256", "65535", "65536", "-32", "-33", "-128", "-129", "2147483648",
        """{"$int":"9223372036854775807"}""", """{"$int":"18446744073709551615"}""", """{"$int":"-9223372036854775808"}""",
        """{"$float":1.0}""", """{"$float":0.1}""", """{"$float":"inf"}""", "\"\"", "\"text\"", $"\"{new string('я', 40)}\"", $"\"{new string('x', 300)}\"", $"\"{new string('y', 70000)}\"",
        """{"$bytes":""}""", """{"$bytes":"00ff"}""", $$"""{"$bytes":"{{string.Concat(Enumerable.Repeat("ab", 300))}}"}""", $$"""{"$bytes":"{{string.Concat(Enumerable.Repeat("cd", 70000))}}"}""",
        "[]", """[1,"a",null]""", $"[{string.Join(',', Enumerable.Range(0, 20))}]", "{}", """{"a":1,"b":[1,2]}""", """{"$map":[[{"$bytes":"01"},1]]}""",
        """{"$tuple":[]}""", """{"$tuple":[1]}""", """{"$tuple":[1,{"$tuple":[2,[3]]}]}""",
        """{"$tuple":[2,{"$float":7.0},{"start_block":0,"end_block":2,"adapters":{"$tuple":[]}}]}""",
    ];

    /// <summary>Kinds of subkeys; null is none.</summary>
    public static IReadOnlyList<string?> Subkeys { get; } = [null, "\"text\"", """{"$bytes":"00ff"}""", "5", """{"$tuple":[1,"x"]}"""];

    /// <summary>Stores some records on either side, every second one here, and reads them on the other. Expirations must be the same to the last bit.</summary>
    public static async Task RunAsync(HivemindNode node, PeerProcess peer, int count, CancellationToken token, string prefix = "")
    {
        var end = DhtExpiration.From(DateTimeOffset.UtcNow) + TimeSpan.FromMinutes(20);
        for (var i = 0; i < count; i++)
        {
            var value = Json(Kinds[i % Kinds.Count]);
            var subkey = Subkeys[(i / Kinds.Count + i) % Subkeys.Count] is { } text ? Json(text) : (JsonElement?)null;
            var expiration = new DhtExpiration(end.Seconds + i / 7.0);
            var key = $"{prefix}record {i}";
            var what = $"{key}: {(value.GetRawText() is { Length: > 60 } raw ? raw[..60] : value.GetRawText())} under {subkey}";
            if (i % 2 == 0)
                await OursToTheirsAsync(node, peer, key, subkey, value, expiration, what, token);
            else
                await TheirsToOursAsync(node, peer, key, subkey, value, expiration, what, token);
        }
    }

    private static async Task OursToTheirsAsync(HivemindNode node, PeerProcess peer, string key, JsonElement? subkey, JsonElement value, DhtExpiration expiration, string what, CancellationToken token)
    {
        var own = subkey is { } given ? Subkey.Of(HivemindJson.Parse(given)) : null;
        Assert.IsTrue(await node.Dht.StoreAsync(key, HivemindJson.Parse(value), expiration, own, token), what);
        var seen = await peer.CallAsync("get", new { key, latest = true }, cancellation: token);
        Assert.IsTrue(seen.IsTrue("found"), what);
        Assert.AreEqual(expiration.Seconds, seen.GetProperty("expiration").GetDouble(), what);
        if (own is not null)
        {
            Assert.AreEqual("dictionary", seen.Text("kind"), what);
            seen = seen.Items("subkeys").Single();
            Assert.AreEqual(expiration.Seconds, seen.GetProperty("expiration").GetDouble(), what);
            Assert.AreEqual(own.Value, HivemindJson.Parse(seen.GetProperty("subkey")), what);
        }

        Assert.AreEqual(HivemindJson.Parse(value), HivemindJson.Parse(seen.GetProperty("value")), what);
    }

    private static async Task TheirsToOursAsync(HivemindNode node, PeerProcess peer, string key, JsonElement? subkey, JsonElement value, DhtExpiration expiration, string what, CancellationToken token)
    {
        var stored = await peer.CallAsync("store", new { key, subkey, value = JsonNode.Parse(value.GetRawText()), expiration = expiration.Seconds }, cancellation: token);
        Assert.IsTrue(stored.IsTrue("stored"), what);
        var found = await node.Dht.GetAsync(key, latest: true, token);
        Assert.AreEqual(expiration, found?.Expiration, what);
        if (subkey is { } given)
        {
            var (readKey, item) = ((DhtDictionaryResult)found!).Items.Single();
            Assert.AreEqual(HivemindJson.Parse(given), readKey.Value, what);
            found = item;
        }

        Assert.AreEqual(expiration, found!.Expiration, what);
        Assert.AreEqual(HivemindJson.Parse(value), ((DhtValueResult)found).Value, what);
    }

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
