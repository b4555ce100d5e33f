using System.Diagnostics.CodeAnalysis;
using System.Text;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity;

/// <summary>
/// A payload with its type and the signature of an identity over both, bound to one purpose by a domain string
/// (RFC 0002, signed envelopes). An instance is always verified. Immutable.
/// </summary>
public sealed class SignedEnvelope
{
    // Implementation limit: what is signed here is small (a peer record of 100 addresses stays under 8 KiB).
    internal const int MaxBytes = 64 * 1024;

    private const int PublicKeyField = 1;
    private const int PayloadTypeField = 2;
    private const int PayloadField = 3;
    private const int SignatureField = 5;

    private SignedEnvelope(PublicKey publicKey, byte[] encoded, Range payloadType, Range payload)
    {
        PublicKey = publicKey;
        Encoded = encoded;
        PayloadType = encoded.AsMemory()[payloadType];
        Payload = encoded.AsMemory()[payload];
    }

    /// <summary>The key that signed.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Which kind of message the payload is.</summary>
    public ReadOnlyMemory<byte> PayloadType { get; }

    /// <summary>The signed message.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The envelope as it was received or made, byte for byte; hand this on, never a re-encoding.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>A copy of <see cref="Encoded"/>.</summary>
    public byte[] Encode() => Encoded.ToArray();

    /// <summary>Signs a payload.</summary>
    /// <exception cref="ArgumentException">No domain, or a payload that no receiver would take for its size.</exception>
    public static SignedEnvelope Seal(PrivateKey key, string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentException.ThrowIfNullOrEmpty(domain);
        var signature = key.Sign(SignedBytes(domain, payloadType, payload));
        var publicKey = key.PublicKey.Encoded.Span;
        var length = ProtoWriter.BytesFieldLength(publicKey.Length)
            + OptionalLength(payloadType) + OptionalLength(payload)
            + ProtoWriter.BytesFieldLength(signature.Length);
        if (length > MaxBytes)
            throw new ArgumentException($"a signed envelope has at most {MaxBytes} bytes, this one would have {length}", nameof(payload));

        var encoded = new byte[length];
        var writer = new ProtoWriter(encoded);
        writer.WriteBytesField(PublicKeyField, publicKey);
        var typeRange = WriteOptional(ref writer, PayloadTypeField, payloadType);
        var payloadRange = WriteOptional(ref writer, PayloadField, payload);
        writer.WriteBytesField(SignatureField, signature);
        return new SignedEnvelope(key.PublicKey, encoded, typeRange, payloadRange);
    }

    /// <summary>
    /// Reads and verifies an envelope. The signature is checked over the bytes received. Who signed is for the caller to judge.
    /// </summary>
    /// <param name="envelope">The protobuf message.</param>
    /// <param name="domain">The purpose that it must have been signed for.</param>
    /// <param name="expectedPayloadType">The payload type that it must have.</param>
    /// <param name="opened">The verified envelope.</param>
    /// <param name="reason">What is wrong, in words for a log.</param>
    public static bool TryOpen(
        ReadOnlySpan<byte> envelope,
        string domain,
        ReadOnlySpan<byte> expectedPayloadType,
        [NotNullWhen(true)] out SignedEnvelope? opened,
        [NotNullWhen(false)] out string? reason)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        opened = null;
        if (!TryReadFields(envelope, out var fields, out reason))
            return false;

        if (!fields.PayloadType.SequenceEqual(expectedPayloadType))
        {
            reason = $"the envelope's payload type is {Convert.ToHexStringLower(fields.PayloadType[..int.Min(fields.PayloadType.Length, 32)])}";
            return false;
        }

        if (!PublicKey.TryDecode(fields.PublicKey, out var key, out reason))
            return false;
        if (!key.Verify(SignedBytes(domain, fields.PayloadType, fields.Payload), fields.Signature))
        {
            reason = $"the envelope's signature is not valid under the domain {domain}";
            return false;
        }

        opened = new SignedEnvelope(key, envelope.ToArray(), RangeOf(envelope, fields.PayloadType), RangeOf(envelope, fields.Payload));
        return true;
    }

    /// <summary>The payload type an envelope claims, without verifying it; empty if the bytes are no envelope.</summary>
    internal static ReadOnlySpan<byte> PeekPayloadType(ReadOnlySpan<byte> envelope)
        => TryReadFields(envelope, out var fields, out _) ? fields.PayloadType : default;

    private static bool TryReadFields(ReadOnlySpan<byte> envelope, out Fields fields, [NotNullWhen(false)] out string? reason)
    {
        fields = default;
        if (envelope.Length > MaxBytes)
        {
            reason = $"an envelope of {envelope.Length} bytes is over the limit of {MaxBytes}";
            return false;
        }

        var reader = new ProtoReader(envelope);
        while (reader.Read())
        {
            if (reader.IsBytes(PublicKeyField))
                fields.PublicKey = reader.Bytes;
            else if (reader.IsBytes(PayloadTypeField))
                fields.PayloadType = reader.Bytes;
            else if (reader.IsBytes(PayloadField))
                fields.Payload = reader.Bytes;
            else if (reader.IsBytes(SignatureField))
                fields.Signature = reader.Bytes;
        }

        reason = reader.IsMalformed ? "the envelope is no protobuf message" : null;
        return reason is null;
    }

    /// <summary>Each of the three parts behind its length, so that none can borrow bytes from its neighbour (RFC 0002, "Signature Production").</summary>
    private static byte[] SignedBytes(string domain, ReadOnlySpan<byte> payloadType, ReadOnlySpan<byte> payload)
    {
        var domainLength = Encoding.UTF8.GetByteCount(domain);
        Span<byte> domainBytes = domainLength <= 128 ? stackalloc byte[domainLength] : new byte[domainLength];
        Encoding.UTF8.GetBytes(domain, domainBytes);

        var bytes = new byte[PrefixedLength(domainBytes) + PrefixedLength(payloadType) + PrefixedLength(payload)];
        var writer = new ProtoWriter(bytes);
        WritePrefixed(ref writer, domainBytes);
        WritePrefixed(ref writer, payloadType);
        WritePrefixed(ref writer, payload);
        return bytes;
    }

    private static int PrefixedLength(ReadOnlySpan<byte> part) => ProtoWriter.VarintLength((ulong)part.Length) + part.Length;

    private static void WritePrefixed(ref ProtoWriter writer, scoped ReadOnlySpan<byte> part)
    {
        writer.WriteVarint((ulong)part.Length);
        writer.WriteRaw(part);
    }

    private static int OptionalLength(ReadOnlySpan<byte> content) => content.IsEmpty ? 0 : ProtoWriter.BytesFieldLength(content.Length);

    /// <summary>Empty fields are left out, as proto3 encoders do. Returns where the content went.</summary>
    private static Range WriteOptional(ref ProtoWriter writer, int field, scoped ReadOnlySpan<byte> content)
    {
        if (!content.IsEmpty)
            writer.WriteBytesField(field, content);
        return (writer.Position - content.Length)..writer.Position;
    }

    private static Range RangeOf(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> part)
    {
        if (part.IsEmpty || !whole.Overlaps(part, out var offset))
            return ..0;
        return offset..(offset + part.Length);
    }

    private ref struct Fields
    {
        public ReadOnlySpan<byte> PublicKey;
        public ReadOnlySpan<byte> PayloadType;
        public ReadOnlySpan<byte> Payload;
        public ReadOnlySpan<byte> Signature;
    }
}
