using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Multiformats;

/// <summary>
/// A content identifier. Version 0 is a bare SHA-256 multihash of dag-pb; version 1 is uvarint 1, uvarint codec,
/// multihash. Immutable; equal when version, codec and multihash are.
/// </summary>
/// <remarks>
/// As in go, a version 0 identifier is also read from multibase text; a reader that forbids it (peer ids do) looks at
/// <see cref="Version"/>.
/// </remarks>
public sealed class Cid : IEquatable<Cid>
{
    // Specification (multiformats/cid).
    private const int Version0Bytes = 34;
    private const int Version0TextLength = 46;
    private const string Version0TextPrefix = "Qm";

    private readonly byte[] _bytes;

    private Cid(int version, ulong codec, Multihash hash, byte[] bytes)
    {
        Version = version;
        Codec = codec;
        Hash = hash;
        _bytes = bytes;
    }

    /// <summary>0 or 1.</summary>
    public int Version { get; }

    /// <summary>What the content is, one of <see cref="Multicodec"/> or another entry of its table.</summary>
    public ulong Codec { get; }

    /// <summary>The multihash of the content.</summary>
    public Multihash Hash { get; }

    /// <summary>The binary form.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>A version 1 identifier.</summary>
    /// <exception cref="ArgumentException">The multihash is the empty default.</exception>
    public static Cid CreateV1(ulong codec, Multihash hash)
    {
        if (hash.Bytes.IsEmpty)
            throw new ArgumentException("A CID needs a multihash.", nameof(hash));
        var codecLength = Varint.Length(codec);
        var bytes = new byte[1 + codecLength + hash.Bytes.Length];
        bytes[0] = 1;
        Varint.Write(bytes.AsSpan(1), codec);
        hash.Bytes.Span.CopyTo(bytes.AsSpan(1 + codecLength));
        return new Cid(1, codec, hash, bytes);
    }

    /// <summary>A version 0 identifier.</summary>
    /// <exception cref="ArgumentException">The multihash is not a 32-byte SHA-256.</exception>
    public static Cid CreateV0(Multihash hash)
    {
        if (!IsVersion0(hash.Bytes.Span) || hash.Bytes.Length != Version0Bytes)
            throw new ArgumentException("A CID of version 0 takes a 32-byte sha2-256 multihash only.", nameof(hash));
        return new Cid(0, Multicodec.DagPb, hash, hash.Bytes.ToArray());
    }

    /// <summary>Decodes an identifier that fills the whole input.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, [NotNullWhen(true)] out Cid? cid)
    {
        if (TryDecode(source, out cid, out var consumed) && consumed == source.Length)
            return true;
        cid = null;
        return false;
    }

    /// <summary>Decodes an identifier at the front of the input.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, [NotNullWhen(true)] out Cid? cid, out int consumed)
    {
        cid = null;
        consumed = 0;
        if (IsVersion0(source))
        {
            if (source.Length < Version0Bytes || !Multihash.TryDecode(source[..Version0Bytes], out var hash0))
                return false;
            consumed = Version0Bytes;
            cid = CreateV0(hash0);
            return true;
        }

        if (Varint.TryRead(source, out var version, out var versionLength) != OperationStatus.Done
            || version != 1
            || Varint.TryRead(source[versionLength..], out var codec, out var codecLength) != OperationStatus.Done
            || !Multihash.TryDecode(source[(versionLength + codecLength)..], out var hash, out var hashLength))
        {
            return false;
        }

        consumed = versionLength + codecLength + hashLength;
        cid = new Cid(1, codec, hash, source[..consumed].ToArray());
        return true;
    }

    /// <summary>Parses the text form: <c>Qm…</c> of 46 characters, or any multibase.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Cid? cid)
    {
        cid = null;
        byte[] bytes;
        if (text.Length == Version0TextLength && text.StartsWith(Version0TextPrefix))
            return Base58Btc.TryDecode(text, out bytes) && TryDecode(bytes, out cid) && cid.Version == 0;
        return Multibase.TryDecode(text, out bytes, out _) && TryDecode(bytes, out cid);
    }

    /// <summary>The text in a given base.</summary>
    /// <exception cref="ArgumentException">Version 0 has one spelling, base 58.</exception>
    public string ToString(MultibaseEncoding encoding)
    {
        if (Version == 1)
            return Multibase.Encode(encoding, _bytes);
        if (encoding != MultibaseEncoding.Base58Btc)
            throw new ArgumentException("A CID of version 0 is written in base58btc only.", nameof(encoding));
        return Base58Btc.Encode(_bytes);
    }

    /// <summary>The usual text: base 58 for version 0, base 32 for version 1.</summary>
    public override string ToString() => ToString(Version == 0 ? MultibaseEncoding.Base58Btc : MultibaseEncoding.Base32);

    /// <inheritdoc/>
    public bool Equals(Cid? other) => other is not null && _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Cid);

    /// <inheritdoc/>
    public override int GetHashCode() => Hash.GetHashCode();

    private static bool IsVersion0(ReadOnlySpan<byte> bytes) => bytes is [0x12, 0x20, ..];
}
