using System.Globalization;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.UnitTests.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class PeerRecordTests
{
    private static readonly Multiaddress Address = Multiaddress.Parse("/ip4/192.0.2.1/tcp/4001");

    [TestMethod]
    public void Opens_every_golden_record_and_seals_the_reproducible_ones_alike()
    {
        foreach (var row in IdentityVectors.Open("envelope.json").Rows("peerRecords"))
        {
            var note = row.Text("note");
            Assert.IsTrue(PeerRecord.TryOpen(row.Bytes("envelope"), out var record, out var reason), $"{note}: {reason}");
            Assert.AreEqual(row.Text("peerId"), record.PeerId.ToString(), note);
            Assert.AreEqual(row.Text("seq"), record.Seq.ToString(CultureInfo.InvariantCulture), note);
            CollectionAssert.AreEqual(HexList(row), record.Addresses.Select(address => VectorFile.Hex(address.Bytes.Span)).ToArray(), note);
            Assert.AreEqual(0, record.SkippedAddresses, note);
            Assert.IsFalse(record.IsLegacy, note);

            using var key = PrivateKey.Decode(row.Bytes("private"));
            var ours = PeerRecord.Seal(key, record.Seq, record.Addresses);
            Assert.AreEqual(row.Text("payload"), VectorFile.Hex(ours.Envelope.Payload.Span), note);
            if (key.Type != KeyType.Ecdsa)
                Assert.AreEqual(row.Text("envelope"), VectorFile.Hex(ours.Envelope.Encode()), note);
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_tampered_record()
    {
        foreach (var row in IdentityVectors.Open("envelope.json").Rows("tampered"))
        {
            var note = row.Text("note");
            // Rust's identify still sends the legacy pair, which Go and JavaScript refuse; we read both.
            var expected = row.GetProperty("accept").GetBoolean() || note == "signed with the legacy domain and type";
            Assert.AreEqual(expected, PeerRecord.TryOpen(row.Bytes("envelope"), out var record, out var reason), $"{note}: {reason}");
            if (record is null || !row.GetProperty("accept").GetBoolean())
                continue;
            Assert.AreEqual(row.Text("seq"), record.Seq.ToString(CultureInfo.InvariantCulture), note);
            CollectionAssert.AreEqual(HexList(row), record.Addresses.Select(address => VectorFile.Hex(address.Bytes.Span)).ToArray(), note);
            Assert.AreEqual(note.Contains("skipped", StringComparison.Ordinal), record.SkippedAddresses > 0, note);
        }
    }

    [TestMethod]
    public void Opens_the_legacy_form_of_rust()
    {
        var row = IdentityVectors.Open("envelope.json").Rows("legacy")[0];
        Assert.IsTrue(PeerRecord.TryOpen(row.Bytes("envelope"), out var record, out var reason), reason);
        Assert.IsTrue(record.IsLegacy);
        Assert.AreEqual(row.Text("peerId"), record.PeerId.ToString());
        Assert.AreEqual(row.Text("payload"), VectorFile.Hex(record.Envelope.Payload.Span));
    }

    [TestMethod]
    public void Takes_a_hundred_addresses_and_no_more()
    {
        using var key = PrivateKey.Generate();
        var record = PeerRecord.Seal(key, 1, Enumerable.Repeat(Address, PeerRecord.MaxAddresses));
        Assert.IsTrue(PeerRecord.TryOpen(record.Envelope.Encoded.Span, out var opened, out _));
        Assert.HasCount(PeerRecord.MaxAddresses, opened.Addresses);
        Assert.Throws<ArgumentException>(() => PeerRecord.Seal(key, 1, Enumerable.Repeat(Address, PeerRecord.MaxAddresses + 1)));

        byte[] entry = [0x1a, 0x00];
        byte[] payload = [0x0a, (byte)key.PeerId.Bytes.Length, .. key.PeerId.Bytes.Span, .. Enumerable.Repeat(entry, PeerRecord.MaxAddresses + 1).SelectMany(bytes => bytes)];
        var crowded = SignedEnvelope.Seal(key, "libp2p-peer-record", [0x03, 0x01], payload);
        Assert.IsFalse(PeerRecord.TryOpen(crowded.Encoded.Span, out _, out var reason));
        StringAssert.Contains(reason, "more than");
    }

    [TestMethod]
    public void Neither_makes_nor_reads_a_record_over_8_KiB()
    {
        using var key = PrivateKey.Generate();
        var longAddress = Multiaddress.Parse("/dns4/" + string.Join('.', Enumerable.Repeat(new string('a', 60), 4)) + "/tcp/443");
        Assert.Throws<ArgumentException>(() => PeerRecord.Seal(key, 1, Enumerable.Repeat(longAddress, 60)));
        Assert.IsFalse(PeerRecord.TryOpen(new byte[PeerRecord.MaxEnvelopeBytes + 1], out _, out var reason));
        StringAssert.Contains(reason, "limit");
    }

    [TestMethod]
    public void A_record_is_handed_on_as_it_came()
    {
        // An unknown field is part of the received bytes and must survive, or the next receiver's view differs from ours.
        var received = IdentityVectors.Open("envelope.json").Rows("tampered").Single(row => row.Text("note").StartsWith("unknown envelope field", StringComparison.Ordinal)).Bytes("envelope");
        Assert.IsTrue(PeerRecord.TryOpen(received, out var record, out _));
        CollectionAssert.AreEqual(received, record.Envelope.Encode());
    }

    [TestMethod]
    public void Refuses_a_record_cut_at_any_byte()
    {
        var bytes = IdentityVectors.Open("envelope.json").Rows("peerRecords")[0].Bytes("envelope");
        for (var length = 0; length < bytes.Length; length++)
            Assert.IsFalse(PeerRecord.TryOpen(bytes.AsSpan(0, length), out _, out _), $"{length} bytes");
    }

    private static string[] HexList(System.Text.Json.JsonElement row)
        => row.GetProperty("addresses").EnumerateArray().Select(address => address.GetString()!).ToArray();
}
