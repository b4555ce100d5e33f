using CsCheck;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class MultihashTests
{
    // The platform has none of these; they are decoded like any other code and only not computed.
    private static readonly ulong[] NotComputed =
    [
        MultihashCode.Sha3Bits224, MultihashCode.Keccak256, MultihashCode.Blake3, MultihashCode.Murmur3,
        MultihashCode.Blake2b256, MultihashCode.Blake2b512, MultihashCode.Blake2s256,
    ];

    [TestMethod]
    public void Computes_the_golden_sums_the_platform_can()
    {
        foreach (var row in VectorFile.Open("multihash.json").Rows("sum"))
        {
            var code = row.GetProperty("code").GetUInt64();
            var expected = row.Text("multihash");
            Assert.IsTrue(Multihash.TryDecode(row.Bytes("multihash"), out var decoded), expected);
            Assert.AreEqual(code, decoded.Code);
            Assert.AreEqual(row.Text("digest"), VectorFile.Hex(decoded.Digest.Span));
            Assert.AreEqual(expected, VectorFile.Hex(decoded.Bytes.Span));
            Assert.AreEqual(row.Text("base58"), decoded.ToString());

            if (Multihash.TryCompute(code, row.Bytes("input"), out var computed))
            {
                var length = row.GetProperty("length").GetInt32();
                Assert.AreEqual(expected, VectorFile.Hex(Multihash.FromDigest(code, computed.Digest.Span[..length]).Bytes.Span), row.Text("name"));
            }
            else if (!NotComputed.Contains(code))
            {
                Assert.IsFalse(System.Security.Cryptography.SHA3_256.IsSupported, row.Text("name"));
            }
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_byte_string()
    {
        foreach (var row in VectorFile.Open("multihash.json").Rows("decode"))
        {
            var ok = row.GetProperty("ok").GetBoolean();
            Assert.AreEqual(ok, Multihash.TryDecode(row.Bytes("hex"), out var multihash), row.Text("note"));
            if (ok)
            {
                Assert.AreEqual(row.GetProperty("code").GetUInt64(), multihash.Code);
                Assert.AreEqual(row.Text("digest"), VectorFile.Hex(multihash.Digest.Span));
            }
            else
            {
                Assert.AreEqual(default, multihash);
            }
        }
    }

    [TestMethod]
    public void Refuses_every_truncation()
    {
        var bytes = Multihash.Sha256("peer"u8).Bytes;
        for (var length = 0; length < bytes.Length; length++)
            Assert.IsFalse(Multihash.TryDecode(bytes.Span[..length], out _));
    }

    [TestMethod]
    public void Refuses_a_length_bomb_without_allocating_it()
    {
        byte[] bomb = [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00];
        Assert.IsFalse(Multihash.TryDecode(bomb, out _));
        Assert.IsFalse(Multihash.TryDecode(bomb, out _, out _));
    }

    [TestMethod]
    public void Reads_a_prefix_and_says_how_long_it_is()
    {
        byte[] bytes = [0x00, 0x02, 0xaa, 0xbb, 0xcc];
        Assert.IsTrue(Multihash.TryDecode(bytes, out var multihash, out var consumed));
        Assert.AreEqual(4, consumed);
        Assert.AreEqual(Multihash.Identity([0xaa, 0xbb]), multihash);
        Assert.IsFalse(Multihash.TryDecode(bytes, out _));
    }

    [TestMethod]
    public void Equals_by_bytes()
    {
        var one = Multihash.Sha256("peer"u8);
        Assert.IsTrue(Multihash.TryDecode(one.Bytes.Span, out var other));
        Assert.AreEqual(one, other);
        Assert.IsTrue(one == other);
        Assert.AreEqual(one.GetHashCode(), other.GetHashCode());
        Assert.IsTrue(one != Multihash.Sha256("peers"u8));
        Assert.IsTrue(default(Multihash).Bytes.IsEmpty);
        Assert.IsTrue(default(Multihash).Digest.IsEmpty);
        Assert.AreEqual(0, default(Multihash).GetHashCode() - default(Multihash).GetHashCode());
        Assert.AreNotEqual(Multihash.Identity([]), default);
    }

    [TestMethod]
    public void Accepted_bytes_are_the_only_bytes_of_their_value()
        => Gen.Byte.Array[0, 40].Sample(bytes =>
        {
            if (Multihash.TryDecode(bytes, out var multihash))
                CollectionAssert.AreEqual(bytes, Multihash.FromDigest(multihash.Code, multihash.Digest.Span).Bytes.ToArray());
        }, iter: 10_000);
}
