using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

public sealed class EnvelopeTarget : IFuzzTarget
{
    private const string Domain = "libp2p-relay-rsvp";

    public static string Name => "envelope";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        // Every payload type is welcome here, so that the signature decides.
        var payloadType = SignedEnvelope.PeekPayloadType(data);
        if (SignedEnvelope.TryOpen(data, Domain, payloadType, out var envelope, out var reason))
        {
            Oracle.RequireEqual(data, envelope.Encoded.Span, "the bytes are kept");
            Oracle.RequireEqual(payloadType, envelope.PayloadType.Span, "the payload type is the one asked for");
            PublicKeyTarget.Check(envelope.PublicKey);
        }
        else
        {
            Oracle.Require(reason is not null, "a refusal has a reason");
        }

        if (RelayVoucher.TryOpen(data, out var voucher, out reason))
            Oracle.Require(envelope is not null && voucher.IsValidFor(voucher.Relay, voucher.Peer, DateTimeOffset.MinValue, out _) == (voucher.Envelope.PublicKey.PeerId == voucher.Relay), "a voucher counts when its relay signed it");
        else
            Oracle.Require(reason is not null, "a refusal has a reason");
    }
}
