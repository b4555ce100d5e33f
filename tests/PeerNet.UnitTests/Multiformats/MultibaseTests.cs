using System.Text;
using CsCheck;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultibaseTests
{
    [TestMethod]
    public void Encodes_and_decodes_every_golden_row()
    {
        var bases = new HashSet<MultibaseEncoding>();
        foreach (var row in VectorFile.Open("multibase.json").Rows("encode"))
        {
            var encoding = Enum.Parse<MultibaseEncoding>(row.Text("base"), ignoreCase: true);
            bases.Add(encoding);
            // The identity base is given as bytes: go's strings are bytes, ours one character per byte.
            var text = row.TryGetProperty("textHex", out _) ? Encoding.Latin1.GetString(row.Bytes("textHex")) : row.Text("text");
            Assert.AreEqual(text, Multibase.Encode(encoding, row.Bytes("hex")));

            var decoded = Multibase.TryDecode(text, out var bytes, out var found);
            Assert.AreEqual(row.GetProperty("decodes").GetBoolean(), decoded, text);
            if (decoded)
            {
                Assert.AreEqual(encoding, found);
                Assert.AreEqual(row.Text("hex"), VectorFile.Hex(bytes));
            }
        }

        CollectionAssert.AreEquivalent(Enum.GetValues<MultibaseEncoding>(), bases.ToArray());
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_text()
    {
        foreach (var row in VectorFile.Open("multibase.json").Rows("decode"))
        {
            var text = row.Text("text");
            var ok = row.GetProperty("ok").GetBoolean();
            Assert.AreEqual(ok, Multibase.TryDecode(text, out var bytes, out var encoding), text);
            if (ok)
            {
                Assert.AreEqual(row.Text("hex"), VectorFile.Hex(bytes));
                Assert.AreEqual(row.Text("base"), encoding.ToString(), ignoreCase: true);
            }
        }
    }

    // Our choice: go reads these and drops the bits, rust and js refuse them. One text per value is worth more.
    [TestMethod]
    [DataRow("bmz")]
    [DataRow("mZh")]
    [DataRow("MZh==")]
    [DataRow("cmz======")]
    public void Refuses_digits_with_stray_bits(string text) => Assert.IsFalse(Multibase.TryDecode(text, out _, out _));

    [TestMethod]
    [DataRow("m=")]
    [DataRow("M====")]
    [DataRow("MZg==Zg==")]
    [DataRow("mZ")]
    [DataRow("uZm\nv")]
    [DataRow("ba")]
    [DataRow("c========")]
    [DataRow("\0\u0100")]
    [DataRow("🚀a")]
    [DataRow("\ud83d")]
    [DataRow("🚀\ud83d")]
    [DataRow("z\u0661")]
    public void Refuses_malformed_text(string text) => Assert.IsFalse(Multibase.TryDecode(text, out _, out _), text);

    [TestMethod]
    public void Round_trips_any_bytes_in_any_base()
        => Gen.Select(Gen.Byte.Array[0, 200], Gen.Enum<MultibaseEncoding>()).Sample((bytes, encoding) =>
        {
            var text = Multibase.Encode(encoding, bytes);
            var decoded = Multibase.TryDecode(text, out var back, out var found);
            if (bytes.Length == 0 && "kKzZ".Contains(text[0]))
            {
                // No digits is no number: go refuses it too.
                Assert.IsFalse(decoded);
                return;
            }

            Assert.IsTrue(decoded, text);
            Assert.AreEqual(encoding, found);
            CollectionAssert.AreEqual(bytes, back);
        }, iter: 5_000);

    [TestMethod]
    public void Agrees_with_a_big_integer_in_base_58()
        => Gen.Byte.Array[1, 600].Sample(bytes =>
        {
            const string digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
            var number = new System.Numerics.BigInteger(bytes, isUnsigned: true, isBigEndian: true);
            var expected = new StringBuilder();
            while (!number.IsZero)
            {
                number = System.Numerics.BigInteger.DivRem(number, 58, out var digit);
                expected.Insert(0, digits[(int)digit]);
            }

            expected.Insert(0, new string('1', bytes.TakeWhile(b => b == 0).Count()));
            Assert.AreEqual(expected.ToString(), Base58Btc.Encode(bytes));
            Assert.IsTrue(Base58Btc.TryDecode(expected.ToString(), out var back));
            CollectionAssert.AreEqual(bytes, back);
        }, iter: 1_000);

    [TestMethod]
    public void Stops_at_the_longest_text_a_base_allows()
    {
        Assert.IsTrue(Base58Btc.TryDecode(new string('z', Multibase.MaxRadixTextLength), out _));
        Assert.IsFalse(Base58Btc.TryDecode(new string('z', Multibase.MaxRadixTextLength + 1), out _));
        Assert.IsFalse(Base58Btc.TryDecode(new string('1', 1 << 20), out _));
        Assert.IsFalse(Base58Btc.TryDecode("", out _));
        Assert.IsTrue(Multibase.TryDecode("b" + new string('a', 65_528), out _, out _));
        Assert.IsFalse(Multibase.TryDecode("b" + new string('a', 65_536), out _, out _));
    }

    [TestMethod]
    public void Has_room_for_the_largest_multiaddr_value_in_every_radix()
        => Assert.IsLessThan(Multibase.MaxRadixTextLength, Multibase.Encode(MultibaseEncoding.Base36, Enumerable.Repeat((byte)0xff, 1024).ToArray()).Length);

    [TestMethod]
    public void Refuses_to_encode_in_an_unknown_base()
        => Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Multibase.Encode((MultibaseEncoding)'?', [1]));
}
