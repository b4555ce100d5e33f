using System.Text.Json;
using CsCheck;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.UnitTests.Hivemind.MessagePack;

[TestClass]
public sealed class ValueTests
{
    private static readonly Gen<HivemindValue> Leaf = Gen.OneOf(
        Gen.Const(HivemindValue.Nil),
        Gen.Bool.Select(value => (HivemindValue)value),
        Gen.Long.Select(value => (HivemindValue)value),
        Gen.ULong.Select(value => (HivemindValue)new IntegerValue(value)),
        Gen.Double.Select(value => (HivemindValue)value),
        Gen.String[Gen.Char.AlphaNumeric, 0, 40].Select(value => (HivemindValue)value),
        Gen.Byte.Array[0, 300].Select(value => (HivemindValue)value));

    // Wide near the leaves, where lengths pass the formats' limit of 15, and narrow above, where they would multiply.
    private static readonly Gen<HivemindValue> Values = Gen.Recursive<HivemindValue>((depth, inner) => depth > 4 ? Leaf : Gen.OneOf(
        Leaf,
        Sequence(Leaf, 20).Select(items => (HivemindValue)new ListValue(items)),
        Sequence(inner, 3).Select(items => (HivemindValue)new ListValue(items)),
        Sequence(inner, 3).Select(items => (HivemindValue)new TupleValue(items)),
        Entries(Leaf, 18).Select(entries => (HivemindValue)new MapValue(entries)),
        Entries(inner, 3).Select(entries => (HivemindValue)new MapValue(entries))));

    private static Gen<HivemindValue[]> Sequence(Gen<HivemindValue> item, int maxCount) => item.Array[0, maxCount];

    private static Gen<KeyValuePair<HivemindValue, HivemindValue>[]> Entries(Gen<HivemindValue> item, int maxCount)
        => Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 0, 9], item, (key, value) => KeyValuePair.Create((HivemindValue)key, value)).Array[0, maxCount];

    [TestMethod]
    public void Every_captured_value_is_written_and_read_byte_for_byte()
    {
        var count = 0;
        foreach (var entry in HivemindVectors.Entries("values.json").Where(entry => entry.TryGetProperty("hex", out var hex) && hex.ValueKind == JsonValueKind.String))
        {
            var value = HivemindVectors.Value(entry.GetProperty("value"));
            var bytes = entry.Hex("hex");
            Assert.AreEqual(Convert.ToHexStringLower(bytes), Convert.ToHexStringLower(value.ToBytes()));
            Assert.IsTrue(ValueReader.TryRead(bytes, out var read), entry.ToString());
            Assert.AreEqual(value, read);
            if (entry.TryGetProperty("dhtId", out var id) && id.ValueKind == JsonValueKind.String && value is not NilValue)
                Assert.AreEqual(id.GetString(), DhtId.OfKey(value).ToString());
            count++;
        }

        Assert.IsGreaterThan(50, count);
    }

    [TestMethod]
    public void Large_captured_values_have_the_captured_digest()
    {
        foreach (var entry in HivemindVectors.Entries("values.json").Where(entry => entry.TryGetProperty("value", out _)))
        {
            var bytes = HivemindVectors.Value(entry.GetProperty("value")).ToBytes();
            Assert.AreEqual(entry.Text("sha256"), Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
        }
    }

    [TestMethod]
    public void Odd_input_reads_as_in_Python_or_not_at_all()
    {
        foreach (var entry in HivemindVectors.Entries("values.json", "reads"))
        {
            var isRead = ValueReader.TryRead(entry.Hex("hex"), out var value);
            Assert.AreEqual(!entry.TryGetProperty("error", out _), isRead, entry.ToString());
            if (isRead && value is not ExtensionValue)
                Assert.AreEqual(HivemindVectors.Value(entry.GetProperty("value")), value);
        }
    }

    [TestMethod]
    public void What_was_written_is_read_and_every_cut_is_truncated()
        => Values.Sample(value =>
        {
            var bytes = value.ToBytes();
            Assert.IsTrue(ValueReader.TryRead(bytes, out var read));
            Assert.AreEqual(value, read);
            for (var length = 0; length < Math.Min(bytes.Length, 64); length++)
            {
                Assert.IsFalse(ValueReader.TryRead(bytes.AsSpan(0, length), out _, out var fault));
                Assert.AreEqual(ValueFault.Truncated, fault);
            }
        }, iter: 1000);

    [TestMethod]
    [DataRow("dd7fffffff", ValueFault.Truncated)]
    [DataRow("df7fffffff", ValueFault.Truncated)]
    [DataRow("c6ffffffff", ValueFault.Truncated)]
    [DataRow("c9ffffffff40", ValueFault.Truncated)]
    [DataRow("c1", ValueFault.UnknownCode)]
    [DataRow("d540dc00", ValueFault.BadTuple)]
    public void Bombs_are_refused_before_anything_is_made(string hex, ValueFault expected)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.IsFalse(ValueReader.TryRead(Convert.FromHexString(hex), out _, out var fault));
        Assert.AreEqual(expected, fault);
        Assert.IsLessThan(100_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Nesting_and_element_count_are_bounded()
    {
        var deep = Enumerable.Repeat((byte)0x91, 100_000).Append((byte)0xC0).ToArray();
        Assert.IsFalse(ValueReader.TryRead(deep, out _, out var fault));
        Assert.AreEqual(ValueFault.TooDeep, fault);

        HivemindValue tuples = HivemindValue.Tuple();
        for (var i = 0; i < ValueLimits.MaxDepth + 1; i++)
            tuples = HivemindValue.Tuple(tuples);
        Assert.ThrowsExactly<ArgumentException>(() => tuples.ToBytes());

        var wide = new byte[5 + ValueLimits.MaxElements + 1];
        new byte[] { 0xDD, 0x00, 0x04, 0x00, 0x01 }.CopyTo(wide, 0);
        Assert.IsFalse(ValueReader.TryRead(wide, out _, out fault));
        Assert.AreEqual(ValueFault.TooManyElements, fault);
    }
}
