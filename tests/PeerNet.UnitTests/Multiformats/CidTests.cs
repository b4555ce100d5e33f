using System.Text.Json;
using CsCheck;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class CidTests
{
    private static readonly JsonElement Vectors = VectorFile.Open("cid.json");

    [TestMethod]
    public void Encodes_every_golden_identifier()
    {
        foreach (var row in Vectors.Rows("valid"))
        {
            Assert.IsTrue(Cid.TryDecode(row.Bytes("bytes"), out var cid), row.Text("note"));
            Check(row, cid);
            Assert.AreEqual(row.Text("multihash"), VectorFile.Hex(cid.Hash.Bytes.Span));
            Assert.AreEqual(row.Text("default"), cid.ToString());
            Assert.AreEqual(cid, cid.Version == 0 ? Cid.CreateV0(cid.Hash) : Cid.CreateV1(cid.Codec, cid.Hash));
            Assert.IsTrue(Cid.TryParse(row.Text("default"), out var parsed));
            Assert.AreEqual(cid, parsed);
            if (!row.TryGetProperty("text", out var texts))
                continue;
            foreach (var text in texts.EnumerateObject())
            {
                Assert.AreEqual(text.Value.GetString(), cid.ToString(Enum.Parse<MultibaseEncoding>(text.Name, ignoreCase: true)));
                Assert.IsTrue(Cid.TryParse(text.Value.GetString(), out parsed));
                Assert.AreEqual(cid, parsed);
            }
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_text()
    {
        foreach (var row in Vectors.Rows("text"))
        {
            var ok = row.GetProperty("ok").GetBoolean();
            Assert.AreEqual(ok, Cid.TryParse(row.Text("text"), out var cid), row.Text("note"));
            if (ok)
                Check(row, cid!);
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_byte_string()
    {
        foreach (var row in Vectors.Rows("binary"))
        {
            var bytes = row.Bytes("hex");
            var ok = row.GetProperty("ok").GetBoolean();
            Assert.AreEqual(ok, Cid.TryDecode(bytes, out var cid, out var consumed), row.Text("note"));
            Assert.AreEqual(row.GetProperty("castOk").GetBoolean(), Cid.TryDecode(bytes, out _), row.Text("note"));
            if (ok)
            {
                Assert.AreEqual(row.GetProperty("read").GetInt32(), consumed);
                Assert.AreEqual(row.GetProperty("codec").GetUInt64(), cid!.Codec);
                Assert.AreEqual(row.GetProperty("version").GetInt32(), cid.Version);
            }
        }
    }

    [TestMethod]
    public void Refuses_every_truncation()
    {
        foreach (var row in Vectors.Rows("valid"))
        {
            var bytes = row.Bytes("bytes");
            for (var length = 0; length < bytes.Length; length++)
                Assert.IsFalse(Cid.TryDecode(bytes.AsSpan(0, length), out _));
        }
    }

    [TestMethod]
    public void Version_0_has_one_spelling_and_one_hash()
    {
        var cid = Cid.CreateV0(Multihash.Sha256("peer"u8));
        Assert.ThrowsExactly<ArgumentException>(() => cid.ToString(MultibaseEncoding.Base32));
        Assert.ThrowsExactly<ArgumentException>(() => Cid.CreateV0(Multihash.Identity("peer"u8)));
        Assert.ThrowsExactly<ArgumentException>(() => Cid.CreateV1(Multicodec.Raw, default));
        Assert.AreNotEqual(cid, Cid.CreateV1(Multicodec.DagPb, cid.Hash));
    }

    [TestMethod]
    public void Refuses_a_megabyte_of_text() => Assert.IsFalse(Cid.TryParse("b" + new string('a', 1 << 20), out _));

    [TestMethod]
    public void Round_trips_any_codec_and_digest()
        => Gen.Select(Gen.ULong[0, Varint.MaxValue], Gen.ULong[0, Varint.MaxValue], Gen.Byte.Array[0, 80]).Sample((codec, code, digest) =>
        {
            var cid = Cid.CreateV1(codec, Multihash.FromDigest(code, digest));
            Assert.IsTrue(Cid.TryDecode(cid.Bytes.Span, out var decoded));
            Assert.AreEqual(cid, decoded);
            Assert.IsTrue(Cid.TryParse(cid.ToString(), out var parsed));
            Assert.AreEqual(cid, parsed);
            Assert.AreEqual(cid.GetHashCode(), parsed.GetHashCode());
        }, iter: 2_000);

    private static void Check(JsonElement row, Cid cid)
    {
        Assert.AreEqual(row.Text("bytes"), VectorFile.Hex(cid.Bytes.Span), row.Text("note"));
        Assert.AreEqual(row.GetProperty("codec").GetUInt64(), cid.Codec);
        Assert.AreEqual(row.GetProperty("version").GetInt32(), cid.Version);
    }
}
