using System.Diagnostics.CodeAnalysis;
using PeerNet.Identity.Wire;
using PeerNet.Multiformats;

namespace PeerNet.Identity;

/// <summary>
/// The addresses of a peer, certified by its own signature (RFC 0003). A record replaces the one before it when its
/// <see cref="Seq"/> is higher; numbers of different peers do not compare, because Go counts nanoseconds, JavaScript
/// milliseconds and Rust seconds. Immutable.
/// </summary>
public sealed class PeerRecord
{
    // Implementation limits: Go stores records up to 8 KiB, and no honest peer has 100 addresses.
    internal const int MaxEnvelopeBytes = 8 * 1024;
    internal const int MaxAddresses = 100;

    // Specification constants as Go and JavaScript use them; RFC 0003's prose has others.
    private const string Domain = "libp2p-peer-record";

    // What Rust still puts into identify and rendezvous.
    private const string LegacyDomain = "libp2p-routing-state";

    private const int PeerIdField = 1;
    private const int SeqField = 2;
    private const int AddressesField = 3;
    private const int MultiaddressField = 1;

    private PeerRecord(SignedEnvelope envelope, PeerId peerId, ulong seq, IReadOnlyList<Multiaddress> addresses)
    {
        Envelope = envelope;
        PeerId = peerId;
        Seq = seq;
        Addresses = addresses;
    }

    /// <summary>The peer, which is also the signer.</summary>
    public PeerId PeerId { get; }

    /// <summary>Grows with every record of the same peer.</summary>
    public ulong Seq { get; }

    /// <summary>The addresses that could be read.</summary>
    public IReadOnlyList<Multiaddress> Addresses { get; }

    /// <summary>How many entries were no usable address and are missing from <see cref="Addresses"/>.</summary>
    public int SkippedAddresses { get; private init; }

    /// <summary>Whether the record was signed with Rust's older domain and payload type.</summary>
    public bool IsLegacy { get; private init; }

    /// <summary>The envelope the record came in, for handing it on unchanged.</summary>
    public SignedEnvelope Envelope { get; }

    private static ReadOnlySpan<byte> PayloadType => [0x03, 0x01];

    private static ReadOnlySpan<byte> LegacyPayloadType => "/libp2p/routing-state-record"u8;

    /// <summary>Makes and signs the record of the key's own peer, in the standard form.</summary>
    /// <exception cref="ArgumentException">More addresses than a receiver takes.</exception>
    public static PeerRecord Seal(PrivateKey key, ulong seq, IEnumerable<Multiaddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(addresses);
        Multiaddress[] list = [.. addresses];
        if (list.Length > MaxAddresses)
            throw new ArgumentException($"a peer record has at most {MaxAddresses} addresses, not {list.Length}", nameof(addresses));

        var envelope = SignedEnvelope.Seal(key, Domain, PayloadType, EncodePayload(key.PeerId, seq, list));
        if (envelope.Encoded.Length > MaxEnvelopeBytes)
            throw new ArgumentException($"a peer record has at most {MaxEnvelopeBytes} bytes, this one would have {envelope.Encoded.Length}", nameof(addresses));
        return new PeerRecord(envelope, key.PeerId, seq, list);
    }

    /// <summary>
    /// Reads and verifies a record in the standard form or in Rust's legacy form. An unusable address is skipped and
    /// counted, the rest is kept. The caller compares <see cref="PeerId"/> with the peer the record is about.
    /// </summary>
    /// <param name="envelope">The signed envelope.</param>
    /// <param name="record">The verified record.</param>
    /// <param name="reason">What is wrong, in words for a log.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> envelope,
        [NotNullWhen(true)] out PeerRecord? record,
        [NotNullWhen(false)] out string? reason)
    {
        record = null;
        if (envelope.Length > MaxEnvelopeBytes)
        {
            reason = $"a peer record of {envelope.Length} bytes is over the limit of {MaxEnvelopeBytes}";
            return false;
        }

        var isLegacy = SignedEnvelope.PeekPayloadType(envelope).SequenceEqual(LegacyPayloadType);
        var domain = isLegacy ? LegacyDomain : Domain;
        if (!SignedEnvelope.TryOpen(envelope, domain, isLegacy ? LegacyPayloadType : PayloadType, out var opened, out reason))
            return false;

        record = ReadPayload(opened, isLegacy, out reason);
        if (record is not null)
            return true;
        reason ??= "the peer record is unreadable";
        return false;
    }

    private static PeerRecord? ReadPayload(SignedEnvelope envelope, bool isLegacy, out string? reason)
    {
        var reader = new ProtoReader(envelope.Payload.Span);
        ReadOnlySpan<byte> peerIdBytes = default;
        ulong seq = 0;
        var entries = 0;
        var addresses = new List<Multiaddress>();
        reason = null;
        while (reader.Read())
        {
            if (reader.IsBytes(PeerIdField))
            {
                peerIdBytes = reader.Bytes;
            }
            else if (reader.IsVarint(SeqField))
            {
                seq = reader.Value;
            }
            else if (reader.IsBytes(AddressesField))
            {
                if (++entries > MaxAddresses)
                {
                    reason = $"the peer record has more than {MaxAddresses} addresses";
                    return null;
                }

                if (TryReadAddress(reader.Bytes, out var address))
                    addresses.Add(address);
            }
        }

        if (reader.IsMalformed)
            reason = "the peer record is no protobuf message";
        else if (!PeerId.TryDecode(peerIdBytes, out var peerId, out reason))
            reason = $"the peer record names no peer: {reason}";
        else if (peerId != envelope.PublicKey.PeerId)
            reason = $"the record of {peerId} is signed by {envelope.PublicKey.PeerId}";
        else
            return new PeerRecord(envelope, peerId, seq, addresses) { SkippedAddresses = entries - addresses.Count, IsLegacy = isLegacy };
        return null;
    }

    private static bool TryReadAddress(ReadOnlySpan<byte> entry, [NotNullWhen(true)] out Multiaddress? address)
    {
        var reader = new ProtoReader(entry);
        ReadOnlySpan<byte> bytes = default;
        while (reader.Read())
        {
            if (reader.IsBytes(MultiaddressField))
                bytes = reader.Bytes;
        }

        address = null;
        return !reader.IsMalformed && Multiaddress.TryDecodeLenient(bytes, out address);
    }

    private static byte[] EncodePayload(PeerId peerId, ulong seq, ReadOnlySpan<Multiaddress> addresses)
    {
        var length = ProtoWriter.BytesFieldLength(peerId.Bytes.Length) + (seq == 0 ? 0 : ProtoWriter.VarintFieldLength(seq));
        foreach (var address in addresses)
            length += ProtoWriter.BytesFieldLength(ProtoWriter.BytesFieldLength(address.Bytes.Length));

        var payload = new byte[length];
        var writer = new ProtoWriter(payload);
        writer.WriteBytesField(PeerIdField, peerId.Bytes.Span);
        if (seq != 0)
            writer.WriteVarintField(SeqField, seq);
        foreach (var address in addresses)
        {
            writer.WriteBytesHeader(AddressesField, ProtoWriter.BytesFieldLength(address.Bytes.Length));
            writer.WriteBytesField(MultiaddressField, address.Bytes.Span);
        }

        return payload;
    }
}
