using PeerNet.Identity;
using PeerNet.UnitTests.Multiformats;

namespace PeerNet.UnitTests.Identity;

[TestClass]
public sealed class RelayVoucherTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);

    [TestMethod]
    public void Opens_every_golden_voucher()
    {
        foreach (var row in IdentityVectors.Open("envelope.json").Rows("vouchers"))
        {
            var note = row.Text("note");
            Assert.IsTrue(RelayVoucher.TryOpen(row.Bytes("envelope"), out var voucher, out var reason), $"{note}: {reason}");
            Assert.AreEqual(row.Text("relay"), voucher.Relay.ToString(), note);
            Assert.AreEqual(row.Text("peer"), voucher.Peer.ToString(), note);
            Assert.AreEqual(row.GetProperty("expiration").GetInt64(), voucher.Expiration.ToUnixTimeSeconds(), note);
            Assert.AreEqual(row.Text("signer"), voucher.Envelope.PublicKey.PeerId.ToString(), note);

            var expected = row.GetProperty("signerIsRelay").GetBoolean() && note != "expired in 2001";
            Assert.AreEqual(expected, voucher.IsValidFor(voucher.Relay, voucher.Peer, Now, out _), note);
            Assert.IsFalse(voucher.IsValidFor(voucher.Relay, voucher.Envelope.PublicKey.PeerId, Now, out _), note);
            Assert.IsFalse(voucher.IsValidFor(voucher.Peer, voucher.Peer, Now, out _), note);
        }
    }

    [TestMethod]
    public void Gives_the_golden_verdict_on_every_check()
    {
        foreach (var row in IdentityVectors.Open("envelope.json").Rows("voucherChecks"))
        {
            var note = row.Text("note");
            if (row.Text("domain") == "libp2p-relay-rsvp")
                Assert.AreEqual(row.GetProperty("ok").GetBoolean(), RelayVoucher.TryOpen(row.Bytes("envelope"), out _, out _), note);
            else
                Assert.IsFalse(PeerRecord.TryOpen(row.Bytes("envelope"), out _, out _), note);
        }
    }

    [TestMethod]
    public void A_sealed_voucher_is_the_golden_one()
    {
        using var relay = PrivateKey.Decode(IdentityVectors.Open("keys.json").Rows("keys").Single(row => row.Text("name") == "ed25519/b").Bytes("private"));
        var golden = IdentityVectors.Open("envelope.json").Rows("vouchers").Single(row => row.Text("note") == "ed25519 relay");
        var voucher = RelayVoucher.Seal(relay, PeerId.Parse(golden.Text("peer")), DateTimeOffset.FromUnixTimeSeconds(golden.GetProperty("expiration").GetInt64()));
        Assert.AreEqual(golden.Text("envelope"), VectorFile.Hex(voucher.Envelope.Encode()));
    }

    [TestMethod]
    public void An_expiration_beyond_the_calendar_is_far_away_and_not_an_error()
    {
        using var relay = PrivateKey.Generate();
        var id = relay.PeerId.Bytes.Span;
        byte[] payload =
        [
            0x0a, (byte)id.Length, .. id, 0x12, (byte)id.Length, .. id,
            0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ];
        var envelope = SignedEnvelope.Seal(relay, "libp2p-relay-rsvp", [0x03, 0x02], payload);
        Assert.IsTrue(RelayVoucher.TryOpen(envelope.Encoded.Span, out var voucher, out _));
        Assert.AreEqual(DateTimeOffset.MaxValue, voucher.Expiration);
        Assert.IsTrue(voucher.IsValidFor(relay.PeerId, relay.PeerId, Now, out _));
    }
}
