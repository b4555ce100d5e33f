using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Protocols.Kad.Records.Generated;
using PeerNet.Protocols.Wire;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>
/// A name that points to a path, signed by the name's key (ipfs specs, "IPNS record and protocol"). Immutable.
/// </summary>
public sealed class IpnsRecord
{
    /// <summary>The longest record (specification).</summary>
    public const int MaxBytes = 10 * 1024;

    // Fields are few; what else is in there is unknown, and skipped.
    private static readonly MessageShape Shape = new(
        64,
        FieldShape.Bytes(1, MaxBytes),
        FieldShape.Bytes(2, MaxBytes),
        FieldShape.Scalar(3),
        FieldShape.Bytes(4, MaxBytes),
        FieldShape.Scalar(5),
        FieldShape.Scalar(6),
        FieldShape.Bytes(7, MaxBytes),
        FieldShape.Bytes(8, MaxBytes),
        FieldShape.Bytes(9, MaxBytes));

    private static readonly MessageParser<IpnsEntry> Parser = IpnsEntry.Parser.WithDiscardUnknownFields(true);

    private readonly IpnsData _data;
    private readonly Rfc3339Time _validity;

    private IpnsRecord(ReadOnlyMemory<byte> bytes, IpnsData data, Rfc3339Time validity)
    {
        Bytes = bytes;
        _data = data;
        _validity = validity;
    }

    private static ReadOnlySpan<byte> SignaturePrefix => "ipns-signature:"u8;

    /// <summary>The whole record, as it is stored.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What the name points to: a path such as <c>/ipfs/bafy…</c>.</summary>
    public string Value => Encoding.UTF8.GetString(_data.Value);

    /// <summary>Grows with every change of the name.</summary>
    public ulong Sequence => _data.Sequence;

    /// <summary>When the record ends.</summary>
    public DateTimeOffset ValidUntil => _validity.Time;

    /// <summary>How long it may be cached; what the record says beyond a century is cut.</summary>
    public TimeSpan Ttl => TimeSpan.FromTicks((long)Math.Min(_data.Ttl / TimeSpan.NanosecondsPerTick, (ulong)TimeSpan.FromDays(36_500).Ticks));

    /// <summary>The key under which a peer's name is stored.</summary>
    public static byte[] KeyOf(PeerId name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ValueKey.Create(IpnsValidator.Scope, name.Bytes.Span);
    }

    /// <summary>Makes and signs a record, with the fields of the old form beside the new ones, as go does.</summary>
    /// <param name="key">The name's key.</param>
    /// <param name="value">What the name is to point to.</param>
    /// <param name="sequence">Greater than in the record before.</param>
    /// <param name="validUntil">When it ends.</param>
    /// <param name="ttl">How long it may be cached.</param>
    /// <param name="withV1">Whether the fields of the old form are written too.</param>
    public static IpnsRecord Create(PrivateKey key, string value, ulong sequence, DateTimeOffset validUntil, TimeSpan ttl, bool withV1 = true)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        var validity = Encoding.ASCII.GetBytes(Rfc3339Time.Format(validUntil));
        return Create(key, new IpnsData(Encoding.UTF8.GetBytes(value), validity, sequence, (ulong)ttl.Ticks * TimeSpan.NanosecondsPerTick), withV1);
    }

    internal static IpnsRecord Create(PrivateKey key, IpnsData data, bool withV1)
    {
        var cbor = data.Write();
        var entry = new IpnsEntry { Data = ByteString.CopyFrom(cbor), SignatureV2 = ByteString.CopyFrom(key.Sign([.. SignaturePrefix, .. cbor])) };
        if (withV1)
        {
            entry.Value = ByteString.CopyFrom(data.Value);
            entry.Validity = ByteString.CopyFrom(data.Validity);
            entry.ValidityType = (int)IpnsData.EndOfLife;
            entry.Sequence = data.Sequence;
            entry.Ttl = data.Ttl;
            entry.SignatureV1 = ByteString.CopyFrom(key.Sign([.. data.Value, .. data.Validity, .. "EOL"u8]));
        }

        if (!ContainsKey(key.PeerId))
            entry.PubKey = ByteString.CopyFrom(key.PublicKey.Encoded.Span);
        _ = Rfc3339Time.TryParse(data.Validity, out var validity);
        return new IpnsRecord(entry.ToByteArray(), data, validity);
    }

    /// <summary>Reads a record and checks that the name's key signed it. Its end is not looked at.</summary>
    /// <param name="name">The name.</param>
    /// <param name="bytes">The record.</param>
    /// <param name="record">The record.</param>
    /// <param name="error">What is wrong, for a person.</param>
    public static bool TryVerify(PeerId name, ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out IpnsRecord? record, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(name);
        record = null;
        if (!TryRead(bytes, out var entry, out var unverified, out error))
            return false;
        if (!TryGetKey(name, entry, out var key, out error))
            return false;
        if (!key.Verify([.. SignaturePrefix, .. entry.Data.Span], entry.SignatureV2.Span))
        {
            error = "the signature does not match";
            return false;
        }

        record = unverified;
        return true;
    }

    /// <summary>Reads a record without checking who signed it.</summary>
    internal static bool TryRead(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out IpnsRecord? record)
        => TryRead(bytes, out _, out record, out _);

    /// <summary>Which of two records of one name is newer: sequence, then end, then bytes. Positive when this one is.</summary>
    internal int CompareTo(IpnsRecord other)
    {
        if (Sequence != other.Sequence)
            return Sequence.CompareTo(other.Sequence);
        var byValidity = _validity.CompareTo(other._validity);
        return byValidity != 0 ? byValidity : Bytes.Span.SequenceCompareTo(other.Bytes.Span);
    }

    private static bool TryRead(
        ReadOnlyMemory<byte> bytes,
        [NotNullWhen(true)] out IpnsEntry? entry,
        [NotNullWhen(true)] out IpnsRecord? record,
        [NotNullWhen(false)] out string? error)
    {
        entry = null;
        record = null;
        if (bytes.Length > MaxBytes)
        {
            error = $"a record of {bytes.Length} bytes is too long";
            return false;
        }

        if (!TryParse(bytes.Span, out entry, out error))
            return false;
        if (!entry.HasData)
        {
            error = "the record has no data";
            return false;
        }

        if (!IpnsData.TryRead(entry.Data.Span, out var data, out error))
            return false;
        if (!Rfc3339Time.TryParse(data.Validity, out var validity))
        {
            error = "the validity is no time";
            return false;
        }

        error = FindDifference(entry, data);
        if (error is not null)
            return false;
        record = new IpnsRecord(bytes, data, validity);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out IpnsEntry? entry, [NotNullWhen(false)] out string? error)
    {
        if (ProtobufMessage.TryParse(Parser, bytes, Shape, out entry, out var fault))
        {
            error = null;
            return true;
        }

        error = fault.ToString();
        return false;
    }

    /// <summary>A field of the old form that does not say what the signed data says; null when there is none.</summary>
    private static string? FindDifference(IpnsEntry entry, IpnsData data)
    {
        var isComplete = entry.HasValue || entry.HasSignatureV1;
        if (Differs(entry.HasValue, isComplete, entry.Value.Span.SequenceEqual(data.Value)))
            return "the old value is not the signed one";
        if (Differs(entry.HasValidity, isComplete, entry.Validity.Span.SequenceEqual(data.Validity)))
            return "the old validity is not the signed one";
        if (Differs(entry.HasValidityType, isComplete, entry.ValidityType == (int)IpnsData.EndOfLife))
            return "the old type of validity is not the signed one";
        if (Differs(entry.HasSequence, isComplete, entry.Sequence == data.Sequence))
            return "the old sequence is not the signed one";
        return Differs(entry.HasTtl, isComplete, entry.Ttl == data.Ttl) ? "the old ttl is not the signed one" : null;

        static bool Differs(bool isPresent, bool isComplete, bool isEqual) => (isPresent || isComplete) && !isEqual;
    }

    private static bool TryGetKey(PeerId name, IpnsEntry entry, [NotNullWhen(true)] out PublicKey? key, [NotNullWhen(false)] out string? error)
    {
        if (entry.HasPubKey)
        {
            if (!PublicKey.TryDecode(entry.PubKey.Span, out key, out error))
                return false;
            if (key.PeerId == name)
                return true;
            error = "the public key does not belong to the name";
            return false;
        }

        error = null;
        if (name.TryGetPublicKey(out key))
            return true;
        error = "the record lacks the public key";
        return false;
    }

    // An id that begins with the identity code holds its key.
    private static bool ContainsKey(PeerId peer) => peer.Bytes.Span is [0, ..];
}
