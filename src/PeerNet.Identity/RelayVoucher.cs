using System.Diagnostics.CodeAnalysis;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity;

/// <summary>
/// A relay's signed statement that it holds a reservation for a peer until some time (circuit-v2 specification,
/// "Reservation Vouchers"). Immutable. An opened voucher is what its signer said; <see cref="IsValidFor"/> tells whether it counts.
/// </summary>
public sealed class RelayVoucher
{
    // Implementation limit: a relay message has at most 4096 bytes, the voucher is part of one.
    internal const int MaxEnvelopeBytes = 4096;

    private const string Domain = "libp2p-relay-rsvp";

    private const int RelayField = 1;
    private const int PeerField = 2;
    private const int ExpirationField = 3;

    private RelayVoucher(SignedEnvelope envelope, PeerId relay, PeerId peer, DateTimeOffset expiration)
    {
        Envelope = envelope;
        Relay = relay;
        Peer = peer;
        Expiration = expiration;
    }

    /// <summary>The relay that holds the reservation.</summary>
    public PeerId Relay { get; }

    /// <summary>The peer that the reservation is for.</summary>
    public PeerId Peer { get; }

    /// <summary>End of the reservation, in whole seconds; times beyond the calendar become its end.</summary>
    public DateTimeOffset Expiration { get; }

    /// <summary>The envelope the voucher came in, with the key that signed.</summary>
    public SignedEnvelope Envelope { get; }

    private static ReadOnlySpan<byte> PayloadType => [0x03, 0x02];

    /// <summary>Makes and signs a voucher as the relay that owns <paramref name="relayKey"/>.</summary>
    public static RelayVoucher Seal(PrivateKey relayKey, PeerId peer, DateTimeOffset expiration)
    {
        ArgumentNullException.ThrowIfNull(relayKey);
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentOutOfRangeException.ThrowIfLessThan(expiration, DateTimeOffset.UnixEpoch);
        var relay = relayKey.PeerId.Bytes.Span;
        var seconds = (ulong)expiration.ToUnixTimeSeconds();
        var payload = new byte[ProtoWriter.BytesFieldLength(relay.Length) + ProtoWriter.BytesFieldLength(peer.Bytes.Length) + ProtoWriter.VarintFieldLength(seconds)];
        var writer = new ProtoWriter(payload);
        writer.WriteBytesField(RelayField, relay);
        writer.WriteBytesField(PeerField, peer.Bytes.Span);
        writer.WriteVarintField(ExpirationField, seconds);
        var envelope = SignedEnvelope.Seal(relayKey, Domain, PayloadType, payload);
        return new RelayVoucher(envelope, relayKey.PeerId, peer, ToTime(seconds));
    }

    /// <summary>Reads a voucher and verifies its signature.</summary>
    /// <param name="envelope">The signed envelope.</param>
    /// <param name="voucher">The voucher.</param>
    /// <param name="reason">What is wrong, in words for a log.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> envelope,
        [NotNullWhen(true)] out RelayVoucher? voucher,
        [NotNullWhen(false)] out string? reason)
    {
        voucher = null;
        if (envelope.Length > MaxEnvelopeBytes)
        {
            reason = $"a relay voucher of {envelope.Length} bytes is over the limit of {MaxEnvelopeBytes}";
            return false;
        }

        if (!SignedEnvelope.TryOpen(envelope, Domain, PayloadType, out var opened, out reason))
            return false;

        var reader = new ProtoReader(opened.Payload.Span);
        ReadOnlySpan<byte> relayBytes = default;
        ReadOnlySpan<byte> peerBytes = default;
        ulong seconds = 0;
        while (reader.Read())
        {
            if (reader.IsBytes(RelayField))
                relayBytes = reader.Bytes;
            else if (reader.IsBytes(PeerField))
                peerBytes = reader.Bytes;
            else if (reader.IsVarint(ExpirationField))
                seconds = reader.Value;
        }

        if (reader.IsMalformed)
        {
            reason = "the voucher is no protobuf message";
            return false;
        }

        if (!PeerId.TryDecode(relayBytes, out var relay, out reason) || !PeerId.TryDecode(peerBytes, out var peer, out reason))
            return false;
        voucher = new RelayVoucher(opened, relay, peer, ToTime(seconds));
        return true;
    }

    /// <summary>
    /// Whether <paramref name="relay"/> itself signed this for <paramref name="peer"/> and the time has not run out.
    /// </summary>
    public bool IsValidFor(PeerId relay, PeerId peer, DateTimeOffset now, [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(relay);
        ArgumentNullException.ThrowIfNull(peer);
        reason = this switch
        {
            _ when Relay != relay => $"the voucher is of relay {Relay}, not of {relay}",
            _ when Envelope.PublicKey.PeerId != Relay => $"the voucher of relay {Relay} is signed by {Envelope.PublicKey.PeerId}",
            _ when Peer != peer => $"the voucher is for {Peer}, not for {peer}",
            _ when Expiration <= now => $"the voucher expired at {Expiration:u}",
            _ => null,
        };
        return reason is null;
    }

    private static DateTimeOffset ToTime(ulong unixSeconds)
    {
        var last = (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        return unixSeconds > last ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeSeconds((long)unixSeconds);
    }
}
