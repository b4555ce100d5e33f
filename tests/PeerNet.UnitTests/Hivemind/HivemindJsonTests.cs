using System.Text.Json;
using CsCheck;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.UnitTests.Hivemind;

[TestClass]
public sealed class HivemindJsonTests
{
    private static readonly Gen<HivemindValue> Leaf = Gen.OneOf(
        Gen.Const(HivemindValue.Nil),
        Gen.Bool.Select(value => (HivemindValue)value),
        Gen.Long.Select(value => (HivemindValue)value),
        Gen.Double.Where(value => !double.IsNaN(value) && BitConverter.DoubleToInt64Bits(value) != long.MinValue).Select(value => (HivemindValue)value),
        Gen.String[Gen.Char.AlphaNumeric, 0, 8].Select(value => (HivemindValue)value),
        Gen.Byte.Array[0, 8].Select(value => (HivemindValue)value));

    private static readonly Gen<HivemindValue> Value = Gen.Recursive<HivemindValue>((depth, inner) => depth > 3 ? Leaf : Gen.OneOf(
        Leaf,
        inner.Array[0, 3].Select(items => (HivemindValue)HivemindValue.List(items)),
        inner.Array[0, 3].Select(items => (HivemindValue)HivemindValue.Tuple(items)),
        Gen.Select(Gen.OneOf(Gen.String[Gen.Char["ab$"], 0, 3].Select(text => (HivemindValue)text), Gen.Byte.Array[0, 3].Select(bytes => (HivemindValue)bytes)), inner)
            .Array[0, 3].Select(entries => (HivemindValue)HivemindValue.Map([.. entries.DistinctBy(entry => entry.Item1)]))));

    [TestMethod]
    public void Every_value_comes_back_as_it_was() => Value.Sample(value => Assert.AreEqual(value, Read(HivemindJson.ToJson(value)?.ToJsonString() ?? "null")));

    [TestMethod]
    [DataRow("""{"$int":"18446744073709551615"}""", "cfffffffffffffffff")]
    [DataRow("1.5", "cb3ff8000000000000")]
    [DataRow("1e2", "cb4059000000000000")]
    [DataRow("""{"$float":"-inf"}""", "cbfff0000000000000")]
    [DataRow("""{"$tuple":[1]}""", "d5409101")]
    public void Tags_choose_the_bytes(string json, string hex) => Assert.AreEqual(hex, Convert.ToHexStringLower(Read(json).ToBytes()));

    [TestMethod]
    public void Dictionaries_show_their_entries()
    {
        const string Json = """{"$dictionary":{"maxsize":"inf","latest":20.5,"items":[["s","01",20.5],[{"$bytes":"ff"},"c0",10]]}}""";
        var value = Read(Json);
        Assert.IsTrue(DictionaryCodec.TryDecode(value.ToBytes(), out var dictionary));
        Assert.HasCount(2, dictionary.Items);
        Assert.AreEqual(Json, HivemindJson.ToJson(value)!.ToJsonString());
    }

    [TestMethod]
    [DataRow("""{"$none":1}""")]
    [DataRow("""{"$bytes":"0"}""")]
    [DataRow("""{"$bytes":1}""")]
    [DataRow("""{"$tuple":1}""")]
    [DataRow("""{"$map":[[1]]}""")]
    [DataRow("""{"$float":"much"}""")]
    [DataRow("""{"$int":"18446744073709551616"}""")]
    [DataRow("""{"$dictionary":{}}""")]
    public void What_a_tag_does_not_allow_is_refused(string json) => Assert.ThrowsExactly<FormatException>(() => Read(json));

    private static HivemindValue Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return HivemindJson.Parse(document.RootElement);
    }
}
