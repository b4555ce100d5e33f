using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind;

/// <summary>
/// Values as JSON, so that people and programs can write and read what JSON alone does not tell apart. None, truth values, text, whole
/// numbers, lists and maps with text keys are JSON's own; the rest is an object with one member: <c>$float</c>, <c>$bytes</c>
/// (hexadecimal), <c>$tuple</c>, <c>$int</c> (text, beyond 2^53), <c>$map</c> (pairs) and <c>$dictionary</c>. Stateless.
/// </summary>
public static class HivemindJson
{
    private const long MaxPlainInteger = 1L << 53;

    /// <summary>Writes a value. An extension of a code that has no name here becomes its bytes, as in Python.</summary>
    public static JsonNode? ToJson(HivemindValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value switch
        {
            NilValue => null,
            BooleanValue boolean => boolean.Value,
            IntegerValue number when Int128.Abs(number.Value) < MaxPlainInteger => (long)number.Value,
            IntegerValue number => Tagged("$int", number.Value.ToString(CultureInfo.InvariantCulture)),
            FloatValue number => Tagged("$float", ToJson(number.Value)),
            TextValue text => text.Value,
            BytesValue bytes => Tagged("$bytes", Convert.ToHexStringLower(bytes.Value.Span)),
            ListValue list => Items(list.Items),
            TupleValue tuple => Tagged("$tuple", Items(tuple.Items)),
            MapValue map => ToJson(map),
            ExtensionValue { Code: ValueLimits.DictionaryExtension } extension when Dictionary(extension) is { } dictionary => Tagged("$dictionary", dictionary),
            ExtensionValue extension => Tagged("$bytes", Convert.ToHexStringLower(extension.Payload.Span)),
            _ => throw new ArgumentOutOfRangeException(nameof(value), value.GetType().Name),
        };
    }

    /// <summary>Writes a time: a number that gives the same double when it is read, or <c>"inf"</c>.</summary>
    public static JsonNode ToJson(DhtExpiration expiration) => ToJson(expiration.Seconds);

    /// <summary>Reads a value.</summary>
    /// <exception cref="FormatException">It has a tag that means nothing, or a content that does not fit its tag.</exception>
    public static HivemindValue Parse(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Null or JsonValueKind.Undefined:
                return HivemindValue.Nil;
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Number:
                return json.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? json.GetDouble() : Integer(json.GetRawText());
            case JsonValueKind.String:
                return json.GetString()!;
            case JsonValueKind.Array:
                return new ListValue(Parse(json.EnumerateArray()));
            default:
                return ParseObject(json);
        }
    }

    /// <summary>Reads a time: a number, or a text such as <c>inf</c>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static DhtExpiration ParseExpiration(JsonElement json) => new(Number(json));

    private static HivemindValue ParseObject(JsonElement json)
    {
        var members = json.EnumerateObject().ToArray();
        if (members is not [{ Name: ['$', ..] } tagged])
            return new MapValue([.. members.Select(member => KeyValuePair.Create<HivemindValue, HivemindValue>(member.Name, Parse(member.Value)))]);
        var content = tagged.Value;
        try
        {
            return tagged.Name switch
            {
                "$float" => Number(content),
                "$bytes" => new BytesValue(Convert.FromHexString(content.GetString()!)),
                "$int" => Integer(content.GetString()!),
                "$tuple" => new TupleValue(Parse(content.EnumerateArray())),
                "$map" => new MapValue([.. content.EnumerateArray().Select(pair => KeyValuePair.Create(Parse(pair[0]), Parse(pair[1])))]),
                "$dictionary" => ParseDictionary(content),
                _ => throw new FormatException($"There is no tag {tagged.Name}."),
            };
        }
        catch (Exception error) when (error is InvalidOperationException or IndexOutOfRangeException or ArgumentException or KeyNotFoundException)
        {
            throw new FormatException($"What is behind {tagged.Name} does not fit it.", error);
        }
    }

    private static HivemindValue[] Parse(JsonElement.ArrayEnumerator items) => [.. items.Select(Parse)];

    private static IntegerValue Integer(string text)
    {
        try
        {
            return new IntegerValue(Int128.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        }
        catch (Exception error) when (error is OverflowException or ArgumentOutOfRangeException)
        {
            throw new FormatException($"{text} is not from -2^63 to 2^64 - 1.", error);
        }
    }

    private static double Number(JsonElement json)
    {
        if (json.ValueKind == JsonValueKind.Number)
            return json.GetDouble();
        return (json.ValueKind == JsonValueKind.String ? json.GetString() : null) switch
        {
            "inf" or "+inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" => double.NaN,
            { } text when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
            _ => throw new FormatException($"{json.GetRawText()} is no number."),
        };
    }

    private static ExtensionValue ParseDictionary(JsonElement json)
    {
        var items = json.GetProperty("items").EnumerateArray()
            .Select(item => HivemindValue.List(Parse(item[0]), new BytesValue(Convert.FromHexString(item[1].GetString()!)), Number(item[2]))).ToArray();
        var latest = json.TryGetProperty("latest", out var time) ? Number(time) : items.Select(item => ((FloatValue)item.Items[2]).Value).DefaultIfEmpty(double.NegativeInfinity).Max();
        HivemindValue size = json.TryGetProperty("maxsize", out var limit) && limit.ValueKind == JsonValueKind.Number ? Parse(limit) : double.PositiveInfinity;
        return new ExtensionValue(ValueLimits.DictionaryExtension, HivemindValue.List(size, latest, new ListValue(items)).ToBytes());
    }

    private static JsonObject? Dictionary(ExtensionValue extension)
    {
        if (!ValueReader.TryRead(extension.Payload.Span, out var content)
            || content is not ListValue { Items: [var size, FloatValue latest, ListValue list] }
            || !DictionaryCodec.TryDecode(extension.ToBytes(), out _))
        {
            return null;
        }

        return new JsonObject
        {
            ["maxsize"] = size is IntegerValue limit ? (long)limit.Value : ToJson(double.PositiveInfinity),
            ["latest"] = ToJson(latest.Value),
            ["items"] = new JsonArray([.. list.Items.Cast<ListValue>().Select(item => (JsonNode)new JsonArray(
                ToJson(item.Items[0]), Convert.ToHexStringLower(((BytesValue)item.Items[1]).Value.Span), item.Items[2] is FloatValue time ? ToJson(time.Value) : ToJson(item.Items[2])))]),
        };
    }

    private static JsonNode ToJson(MapValue map)
        => map.Entries.All(entry => entry.Key is TextValue { Value: not ['$', ..] }) && map.Entries.DistinctBy(entry => entry.Key).Count() == map.Entries.Count
            ? new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(((TextValue)entry.Key).Value, ToJson(entry.Value))))
            : Tagged("$map", new JsonArray([.. map.Entries.Select(entry => (JsonNode)new JsonArray(ToJson(entry.Key), ToJson(entry.Value)))]));

    private static JsonArray Items(IEnumerable<HivemindValue> items) => new([.. items.Select(ToJson)]);

    private static JsonNode ToJson(double number)
        => double.IsFinite(number) ? number : double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";

    private static JsonObject Tagged(string tag, JsonNode? content) => new() { [tag] = content };
}
