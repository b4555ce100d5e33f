using CsCheck;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.UnitTests.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class PeerIdTests
{
    private const string TestId = "12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wVC";

    private static readonly MultibaseEncoding[] CidBases =
        [MultibaseEncoding.Base36, MultibaseEncoding.Base32, MultibaseEncoding.Base58Btc, MultibaseEncoding.Base16, MultibaseEncoding.Base64Url];

    // Go keeps any multihash. A peer id that no key can have is refused here: it can only be a mistake or a trick.
    private static readonly Dictionary<string, string> BytesWeRefuse = new()
    {
        ["identity, no key inside"] = "contains no key",
        ["identity, empty"] = "contains no key",
        ["identity, 42 bytes"] = "contains no key",
        ["identity, 43 bytes"] = "over the limit of contained keys, refused by Rust and JavaScript",
        ["sha-1"] = "only SHA-256 names peers, refused by Rust and JavaScript",
        ["sha-512"] = "only SHA-256 names peers, refused by Rust and JavaScript",
        ["sha-256 announced with 31 bytes"] = "a cut digest is nobody's id, although all three stacks read it",
        ["identity of a 2048-bit RSA key (over 42 bytes)"] = "a second spelling of a hashed id, refused by Rust and JavaScript",
    };

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_text()
    {
        foreach (var row in IdentityVectors.Open("keys.json").Rows("peerIdText"))
        {
            var note = row.Text("note");
            var expected = row.GetProperty("ok").GetBoolean() && note != "sha-512 multihash in a libp2p-key CID";
            Assert.AreEqual(expected, PeerId.TryParse(row.Text("text"), out var id, out var error), $"{note}: {error}");
            Assert.AreEqual(expected, error is null, note);
            if (id is null)
                continue;
            Assert.AreEqual(row.Text("base58"), id.ToString(), note);
            Assert.AreEqual(row.Text("bytes"), VectorFile.Hex(id.Bytes.Span), note);
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_byte_string()
    {
        foreach (var row in IdentityVectors.Open("keys.json").Rows("peerIdBytes"))
        {
            var note = row.Text("note");
            var expected = row.GetProperty("ok").GetBoolean() && !BytesWeRefuse.ContainsKey(note);
            Assert.AreEqual(expected, PeerId.TryDecode(row.Bytes("hex"), out var id, out var error), $"{note}: {error}");
            if (id is null)
                continue;
            Assert.AreEqual(row.Text("base58"), id.ToString(), note);
            Assert.AreEqual(row.Text("extractError").Length == 0, id.TryGetPublicKey(out _), note);
        }
    }

    [TestMethod]
    [DataRow("QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC", "bafzbeibhqavlasjc7dvbiopygwncnrtvjd2xmryk5laib7zyjor6kf3avm", "k2k4r8keggffom571w36hokmpruvihlphsc9ejuk5setyhp8cretixt7")]
    [DataRow("16Uiu2HAmF2WerPMnqVvYU54nK5i6BkiZM5zsDbbxRr1YytafzdTY", "bafzaajiiaijccazdhlkznenxzyzxulo56yzeo3c6n45vwaoakvcyqh3sexgoos7jxm", "kzwfwjn5ji4puqxiu00yhh9xuaf6m3i5n6tnzowp10hip563vyxk8g770gk8wcb")]
    [DataRow(TestId, "bafzaajaiaejcbhq35mjil4ybgx3lidscpyn6hyyxmh2buuha33ordqyg4dm2vz4l", "k51qzi5uqu5dk4gczj1qdl27f3wh3belewv4c5q4cdv5r675rgv9c7hrcra93f")]
    public void Every_spelling_of_an_id_is_the_same_peer(string base58, string base32, string base36)
    {
        var id = PeerId.Parse(base58);
        foreach (var spelling in new[] { base32, base36, base32.ToUpperInvariant(), id.ToCid(MultibaseEncoding.Base64Url), id.ToCid(MultibaseEncoding.Base2) })
        {
            var other = PeerId.Parse(spelling);
            Assert.AreEqual(id, other);
            Assert.IsTrue(id == other);
            Assert.AreEqual(id.GetHashCode(), other.GetHashCode());
            Assert.AreEqual(0, id.CompareTo(other));
            Assert.AreEqual(base58, other.ToString());
        }
    }

    [TestMethod]
    [DataRow("", "empty")]
    [DataRow("QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6Zm", "length")]
    [DataRow("bafybeid5tnxpea7ok3yxzch3aqa3ijee4spziphcibac4zhuy4r27ryrky", "0x70")]
    [DataRow("12D3KooWLTZGy424U9KhArCabtWGCDALuG7v4n36cfjcxSJ41wV0", "base58")]
    [DataRow("docker exec mina", "base58")]
    public void A_refused_text_comes_with_its_reason(string text, string reason)
    {
        Assert.IsFalse(PeerId.TryParse(text, out var id, out var error));
        Assert.IsNull(id);
        StringAssert.Contains(error, reason);
        Assert.Throws<FormatException>(() => PeerId.Parse(text));
    }

    [TestMethod]
    public void A_text_of_a_megabyte_is_refused_before_it_is_decoded()
        => Assert.IsFalse(PeerId.TryParse(new string('1', 1 << 20), out _));

    [TestMethod]
    public void Other_spellings_of_a_contained_key_become_the_one_id()
    {
        var id = PeerId.Parse(TestId);
        var key = id.Bytes[^32..].ToArray();
        byte[] reversed = [0x00, 0x24, 0x12, 0x20, .. key, 0x08, 0x01];
        byte[] padded = [0x00, 0x25, 0x08, 0x81, 0x00, 0x12, 0x20, .. key];
        byte[] extended = [0x00, 0x26, 0x08, 0x01, 0x12, 0x20, .. key, 0x18, 0x01];
        foreach (var spelling in new[] { reversed, padded, extended })
        {
            Assert.IsTrue(PeerId.TryDecode(spelling, out var other));
            Assert.AreEqual(id, other);
        }
    }

    [TestMethod]
    public void A_contained_key_off_its_curve_is_never_handed_out()
    {
        byte[] offCurve = [0x00, 0x25, 0x08, 0x02, 0x12, 0x21, 0x02, .. new byte[31], 0x05];
        Assert.IsTrue(PeerId.TryDecode(offCurve, out var id));
        Assert.IsFalse(id.TryGetPublicKey(out _));
    }

    [TestMethod]
    public void Refuses_an_id_cut_at_any_byte_or_with_bytes_added()
    {
        foreach (var text in new[] { TestId, "QmQzqxhK82kAmKvARFZSkUVS6fo9sySaiogAnx5EnZ6ZmC" })
        {
            var bytes = PeerId.Parse(text).Bytes.ToArray();
            for (var length = 0; length < bytes.Length; length++)
                Assert.IsFalse(PeerId.TryDecode(bytes.AsSpan(0, length), out _), $"{length} bytes");
            Assert.IsFalse(PeerId.TryDecode([.. bytes, 0], out _));
        }
    }

    [TestMethod]
    public void Whatever_decodes_survives_every_text_form()
        => Gen.Byte.Array[32].Select(Gen.Bool, Gen.Int[0, CidBases.Length - 1])
            .Sample((digest, hashed, basis) =>
            {
                byte[] bytes = hashed ? [0x12, 0x20, .. digest] : [0x00, 0x24, 0x08, 0x01, 0x12, 0x20, .. digest];
                return PeerId.TryDecode(bytes, out var id)
                    && PeerId.Parse(id.ToString()) == id
                    && PeerId.Parse(id.ToCid(CidBases[basis])) == id
                    && id.Bytes.Span.SequenceEqual(bytes);
            });

    [TestMethod]
    public void Arbitrary_bytes_and_texts_never_throw()
    {
        Gen.Byte.Array[0, 60].Sample(bytes => PeerId.TryDecode(bytes, out var id) == id is not null);
        Gen.String[0, 80].Sample(text => PeerId.TryParse(text, out var id) == id is not null);
    }

    [TestMethod]
    public void The_short_form_is_the_end_of_the_usual_text() => Assert.AreEqual("xSJ41wVC", PeerId.Parse(TestId).ToShortString());
}
