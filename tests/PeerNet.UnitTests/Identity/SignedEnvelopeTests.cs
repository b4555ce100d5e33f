using CsCheck;
using PeerNet.Identity;
using PeerNet.UnitTests.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class SignedEnvelopeTests
{
    private const string Domain = "libp2p-peer-record";
    private static readonly byte[] PayloadType = [0x03, 0x01];

    [TestMethod]
    public void Opens_every_golden_envelope_and_seals_the_reproducible_ones_alike()
    {
        foreach (var row in IdentityVectors.Open("envelope.json").Rows("peerRecords"))
        {
            var note = row.Text("note");
            Assert.IsTrue(SignedEnvelope.TryOpen(row.Bytes("envelope"), row.Text("domain"), row.Bytes("payloadType"), out var envelope, out var reason), $"{note}: {reason}");
            Assert.AreEqual(row.Text("payload"), VectorFile.Hex(envelope.Payload.Span), note);
            Assert.AreEqual(row.Text("payloadType"), VectorFile.Hex(envelope.PayloadType.Span), note);
            Assert.AreEqual(row.Text("envelope"), VectorFile.Hex(envelope.Encode()), note);
            Assert.AreEqual(row.Text("peerId"), envelope.PublicKey.PeerId.ToString(), note);
            Assert.IsTrue(envelope.PublicKey.Verify(row.Bytes("signingBytes"), row.Bytes("signature")), note);

            using var key = PrivateKey.Decode(row.Bytes("private"));
            if (key.Type != KeyType.Ecdsa)
                Assert.AreEqual(row.Text("envelope"), VectorFile.Hex(SignedEnvelope.Seal(key, row.Text("domain"), row.Bytes("payloadType"), row.Bytes("payload")).Encode()), note);
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_tampered_envelope()
    {
        // "accept" of these rows is about the record as well; the envelope alone is judged by signature and payload type.
        foreach (var row in IdentityVectors.Open("envelope.json").Rows("tampered"))
        {
            var note = row.Text("note");
            var opened = SignedEnvelope.TryOpen(row.Bytes("envelope"), Domain, PayloadType, out _, out _);
            if (row.GetProperty("accept").GetBoolean())
                Assert.IsTrue(opened, note);
            else if (row.Text("error").Contains("signature", StringComparison.Ordinal) || row.Text("error").Contains("unmarshalling the envelope", StringComparison.Ordinal))
                Assert.IsFalse(opened, note);
        }
    }

    [TestMethod]
    public void Refuses_a_payload_type_that_was_not_asked_for()
    {
        using var key = PrivateKey.Generate();
        var envelope = SignedEnvelope.Seal(key, Domain, [9, 9], "payload"u8);
        Assert.IsFalse(SignedEnvelope.TryOpen(envelope.Encode(), Domain, PayloadType, out _, out var reason));
        StringAssert.Contains(reason, "0909");
    }

    [TestMethod]
    public void Refuses_an_envelope_cut_at_any_byte()
    {
        var bytes = IdentityVectors.Open("envelope.json").Rows("peerRecords")[0].Bytes("envelope");
        for (var length = 0; length < bytes.Length; length++)
            Assert.IsFalse(SignedEnvelope.TryOpen(bytes.AsSpan(0, length), Domain, PayloadType, out _, out _), $"{length} bytes");
    }

    [TestMethod]
    public void Refuses_an_envelope_over_the_limit_and_does_not_make_one()
    {
        using var key = PrivateKey.Generate();
        Assert.IsFalse(SignedEnvelope.TryOpen(new byte[SignedEnvelope.MaxBytes + 1], Domain, PayloadType, out _, out var reason));
        StringAssert.Contains(reason, "limit");
        Assert.Throws<ArgumentException>(() => SignedEnvelope.Seal(key, Domain, PayloadType, new byte[SignedEnvelope.MaxBytes]));
    }

    [TestMethod]
    public void A_moved_boundary_between_type_and_payload_is_another_message()
    {
        using var key = PrivateKey.Generate();
        var envelope = SignedEnvelope.Seal(key, Domain, "ab"u8, "cd"u8).Encode();
        var moved = SignedEnvelope.Seal(key, Domain, "abc"u8, "d"u8).Encode();
        // The signature of the first, the fields of the second.
        envelope.AsSpan()[^64..].CopyTo(moved.AsSpan()[^64..]);
        Assert.IsFalse(SignedEnvelope.TryOpen(moved, Domain, "abc"u8, out _, out _));
    }

    [TestMethod]
    public void Any_type_and_payload_come_back_as_they_were_sealed()
    {
        using var key = PrivateKey.Generate();
        Gen.Byte.Array[0, 40].Select(Gen.Byte.Array[0, 200]).Sample((type, payload) =>
        {
            var sealedEnvelope = SignedEnvelope.Seal(key, Domain, type, payload);
            return SignedEnvelope.TryOpen(sealedEnvelope.Encoded.Span, Domain, type, out var opened, out _)
                && opened.Payload.Span.SequenceEqual(payload)
                && opened.PayloadType.Span.SequenceEqual(type)
                && sealedEnvelope.Payload.Span.SequenceEqual(payload)
                && sealedEnvelope.PayloadType.Span.SequenceEqual(type)
                && !SignedEnvelope.TryOpen(sealedEnvelope.Encoded.Span, Domain + "x", type, out _, out _);
        });
    }

    [TestMethod]
    public void Arbitrary_bytes_never_throw()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => !SignedEnvelope.TryOpen(bytes, Domain, PayloadType, out _, out _));
        Gen.Byte.Array[0, 200].Sample(bytes => !PeerRecord.TryOpen(bytes, out _, out _) && !RelayVoucher.TryOpen(bytes, out _, out _));
    }
}
