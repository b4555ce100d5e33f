using PeerNet.Identity;

namespace PeerNet.Fuzz.Targets;

/// <summary>
/// The input is a record's payload, signed here: mutated envelopes rarely get past the signature. The same bytes are
/// also tried as a whole envelope.
/// </summary>
public sealed class PeerRecordTarget : IFuzzTarget
{
    private static readonly PrivateKey Key = PrivateKey.FromEd25519Seed("0123456789abcdef0123456789abcdef"u8);

    public static string Name => "peer-record";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        Check(data);
        // The mutator makes inputs of up to 4 KiB, so the envelope is never too large.
        Check(SignedEnvelope.Seal(Key, "libp2p-peer-record", [0x03, 0x01], data).Encoded.Span);
        byte[] own = [0x0a, (byte)Key.PeerId.Bytes.Length, .. Key.PeerId.Bytes.Span, .. data];
        Check(SignedEnvelope.Seal(Key, "libp2p-peer-record", [0x03, 0x01], own).Encoded.Span);
    }

    private static void Check(ReadOnlySpan<byte> envelope)
    {
        if (!PeerRecord.TryOpen(envelope, out var record, out var reason))
        {
            Oracle.Require(reason is not null, "a refusal has a reason");
            return;
        }

        Oracle.Require(record.PeerId == record.Envelope.PublicKey.PeerId, "the peer signed its own record");
        Oracle.Require(record.Addresses.Count + record.SkippedAddresses <= PeerRecord.MaxAddresses, "the number of addresses is bounded");
        Oracle.RequireEqual(envelope, record.Envelope.Encoded.Span, "the bytes are kept");
        if (record.PeerId != Key.PeerId)
            return;
        var again = PeerRecord.Seal(Key, record.Seq, record.Addresses);
        Oracle.Require(PeerRecord.TryOpen(again.Envelope.Encoded.Span, out var reread, out _), "what is sealed opens");
        Oracle.Require(reread.Seq == record.Seq && reread.Addresses.SequenceEqual(record.Addresses), "a record says the same when sealed again");
    }
}
