using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>How keys, subkeys, values and times are written in commands, and records in replies: the same for every kind of Hivemind peer.</summary>
internal static class RecordArguments
{
    private static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(1);

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Member(this JsonElement arguments, string name)
        => arguments.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    /// <summary>The key's value.</summary>
    public static HivemindValue Key(JsonElement arguments)
        => arguments.Member("key") is { } key ? Value(key) : throw new ControlException(ControlErrors.InvalidParameters, "\"key\" is missing");

    /// <summary><c>keyId</c> as it is, or <c>key</c> hashed as Hivemind does.</summary>
    public static DhtId KeyId(JsonElement arguments)
        => arguments.Member("keyId") is { } id
            ? DhtId.TryDecode(Hex(id), out var decoded) ? decoded : throw new ControlException(ControlErrors.InvalidParameters, "\"keyId\" is no id of 20 bytes")
            : DhtId.OfKey(Key(arguments));

    /// <summary>The value; None when it is left out.</summary>
    public static HivemindValue Value(JsonElement arguments, string name) => arguments.Member(name) is { } value ? Value(value) : HivemindValue.Nil;

    /// <summary>The subkey; null when it is left out.</summary>
    public static Subkey? SubkeyOf(JsonElement arguments)
        => arguments.Member("subkey") is { } subkey ? Guard(() => Subkey.Of(HivemindJson.Parse(subkey))) : null;

    /// <summary><c>expiration</c>, or now and <c>ttl</c> seconds.</summary>
    public static DhtExpiration Expiration(JsonElement arguments, TimeProvider time)
    {
        if (arguments.Member("expiration") is { } expiration)
            return Guard(() => HivemindJson.ParseExpiration(expiration));
        return DhtExpiration.Now(time) + (arguments.Member("ttl") is { } ttl ? TimeSpan.FromSeconds(Guard(() => HivemindJson.ParseExpiration(ttl)).Seconds) : DefaultLifetime);
    }

    /// <summary>A record in bytes: <c>tag</c> in place of a subkey, <c>hex</c> in place of a value.</summary>
    public static DhtRecord Record(JsonElement arguments, TimeProvider time) => new(
        KeyId(arguments),
        arguments.Member("tag") is { } tag ? Hex(tag) : SubkeyOf(arguments)?.Bytes ?? DhtRecord.RegularTag,
        arguments.Member("hex") is { } hex ? Hex(hex) : Value(arguments, "value").ToBytes(),
        Expiration(arguments, time));

    /// <summary>The elements of a list.</summary>
    public static JsonElement[] Items(JsonElement arguments, string name) => arguments.Member(name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray()],
        _ => throw new ControlException(ControlErrors.InvalidParameters, $"\"{name}\" is not a list"),
    };

    public static byte[] Hex(JsonElement text) => Guard(() => Convert.FromHexString(text.ValueKind == JsonValueKind.String ? text.GetString()! : throw new FormatException("not text")));

    public static HivemindValue Value(JsonElement json) => Guard(() => HivemindJson.Parse(json));

    /// <summary>What a lookup found.</summary>
    public static JsonObject Found(DhtResult? result) => result switch
    {
        DhtValueResult value => new JsonObject
        {
            ["found"] = true,
            ["kind"] = "regular",
            ["expiration"] = HivemindJson.ToJson(value.Expiration),
            ["value"] = HivemindJson.ToJson(value.Value),
        },
        DhtDictionaryResult dictionary => new JsonObject
        {
            ["found"] = true,
            ["kind"] = "dictionary",
            ["expiration"] = HivemindJson.ToJson(dictionary.Expiration),
            ["subkeys"] = new JsonArray([.. dictionary.Items.Select(item => (JsonNode)new JsonObject
            {
                ["subkey"] = HivemindJson.ToJson(item.Key.Value),
                ["value"] = HivemindJson.ToJson(item.Value.Value),
                ["expiration"] = HivemindJson.ToJson(item.Value.Expiration),
            })]),
        },
        _ => new JsonObject { ["found"] = false },
    };

    /// <summary>What a storage holds, in bytes.</summary>
    public static JsonObject Held(DhtEntry entry, DhtExpiration now)
    {
        if (entry is RegularEntry regular)
        {
            return new JsonObject
            {
                ["kind"] = "regular",
                ["expiration"] = HivemindJson.ToJson(regular.Expiration),
                ["hex"] = Convert.ToHexStringLower(regular.Value.Span),
                ["value"] = ValueReader.TryRead(regular.Value.Span, out var value) ? HivemindJson.ToJson(value) : null,
            };
        }

        ValueReader.TryRead(DictionaryCodec.Encode((DictionaryEntry)entry, now), out var dictionary);
        var fields = HivemindJson.ToJson(dictionary!)!["$dictionary"]!.DeepClone().AsObject();
        fields["kind"] = "dictionary";
        fields["expiration"] = HivemindJson.ToJson(entry.Expiration);
        return fields;
    }

    public static JsonObject Node(DhtNodeAddress node) => new() { ["nodeId"] = node.Id.ToString(), ["peerId"] = node.Peer.ToString() };

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException or OverflowException)
        {
            throw new ControlException(ControlErrors.InvalidParameters, error.Message);
        }
    }
}
