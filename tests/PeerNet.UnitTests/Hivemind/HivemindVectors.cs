using System.Text.Json;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Testing;

namespace PeerNet.UnitTests.Hivemind;

/// <summary>Captures of real nodes in <c>testdata/hivemind</c>.</summary>
internal static class HivemindVectors
{
    public static JsonElement Load(string file) => JsonDocument.Parse(File.ReadAllBytes(TestData.PathOf("hivemind", file))).RootElement;

    public static IEnumerable<JsonElement> Entries(string file, string member = "entries") => Load(file).GetProperty(member).EnumerateArray();

    public static byte[] Hex(this JsonElement element, string member) => Convert.FromHexString(element.GetProperty(member).GetString()!);

    public static string Text(this JsonElement element, string member) => element.GetProperty(member).GetString()!;

    public static double Number(JsonElement element)
        => element.ValueKind == JsonValueKind.Number ? element.GetDouble() : element.GetString() switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            _ => double.NaN,
        };

    /// <summary>A value in the spelling of the captures: tags for what JSON does not have.</summary>
    public static HivemindValue Value(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Null:
                return HivemindValue.Nil;
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.String:
                return json.GetString()!;
            case JsonValueKind.Number:
                return json.GetRawText().AsSpan().ContainsAny('.', 'e') ? json.GetDouble() : new IntegerValue(Int128.Parse(json.GetRawText()));
            case JsonValueKind.Array:
                return new ListValue([.. json.EnumerateArray().Select(Value)]);
        }

        var members = json.EnumerateObject().ToArray();
        if (members is not [{ Name: ['$', ..] } tagged])
            return new MapValue([.. members.Select(member => KeyValuePair.Create((HivemindValue)member.Name, Value(member.Value)))]);
        return tagged.Name switch
        {
            "$float" => Number(tagged.Value),
            "$bytes" => Convert.FromHexString(tagged.Value.GetString()!),
            "$tuple" => new TupleValue([.. tagged.Value.EnumerateArray().Select(Value)]),
            "$int" => new IntegerValue(Int128.Parse(tagged.Value.GetString()!)),
            "$map" => new MapValue([.. tagged.Value.EnumerateArray().Select(pair => KeyValuePair.Create(Value(pair[0]), Value(pair[1])))]),
            _ => Dictionary(tagged.Value),
        };
    }

    private static ExtensionValue Dictionary(JsonElement json)
    {
        HivemindValue limit = json.GetProperty("maxsize").ValueKind == JsonValueKind.Number ? (HivemindValue)json.GetProperty("maxsize").GetInt32() : Number(json.GetProperty("maxsize"));
        var items = json.GetProperty("items").EnumerateArray().Select(item => (HivemindValue)HivemindValue.List(
            Value(item[0]), Convert.FromHexString(item[1].GetString()!), Number(item[2])));
        return new ExtensionValue(0x50, HivemindValue.List(limit, Number(json.GetProperty("latest")), new ListValue([.. items])).ToBytes());
    }

    public static DhtId Id(string hex) => DhtId.TryDecode(Convert.FromHexString(hex), out var id) ? id : throw new FormatException(hex);
}
