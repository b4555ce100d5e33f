using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace PeerNet.Multiformats;

/// <summary>A digest that names its hash function: uvarint code, uvarint length, digest. Immutable; equal when the bytes are.</summary>
/// <remarks>
/// Decoding takes any code and any length that fits the input: which functions and lengths are allowed is the caller's
/// rule (a peer id allows two). The default value has no bytes and stands for "none".
/// </remarks>
public readonly struct Multihash : IEquatable<Multihash>
{
    private readonly byte[]? _bytes;
    private readonly int _digestOffset;

    private Multihash(byte[] bytes, ulong code, int digestOffset)
    {
        _bytes = bytes;
        Code = code;
        _digestOffset = digestOffset;
    }

    /// <summary>The hash function, one of <see cref="MultihashCode"/> or another entry of the multicodec table.</summary>
    public ulong Code { get; }

    /// <summary>The digest alone.</summary>
    public ReadOnlyMemory<byte> Digest => _bytes.AsMemory(_digestOffset);

    /// <summary>The whole multihash.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Decodes a multihash that fills the whole input.</summary>
    /// <returns>False when the input is cut short, has bytes left over, or holds a varint that is not minimal.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Multihash multihash)
    {
        if (TryDecode(source, out multihash, out var consumed) && consumed == source.Length)
            return true;
        multihash = default;
        return false;
    }

    /// <summary>Decodes a multihash at the front of the input.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> source, out Multihash multihash, out int consumed)
    {
        multihash = default;
        if (!TryMeasure(source, out var code, out var digestOffset, out consumed))
            return false;
        multihash = new Multihash(source[..consumed].ToArray(), code, digestOffset);
        return true;
    }

    /// <summary>Finds code, digest and length of a multihash at the front of the input without copying it.</summary>
    internal static bool TryMeasure(ReadOnlySpan<byte> source, out ulong code, out int digestOffset, out int length)
    {
        digestOffset = 0;
        length = 0;
        if (Varint.TryRead(source, out code, out var codeLength) != OperationStatus.Done
            || Varint.TryRead(source[codeLength..], out var digestLength, out var lengthLength) != OperationStatus.Done
            || digestLength > (ulong)(source.Length - codeLength - lengthLength))
        {
            return false;
        }

        digestOffset = codeLength + lengthLength;
        length = digestOffset + (int)digestLength;
        return true;
    }

    /// <summary>The SHA-256 multihash of <paramref name="data"/>.</summary>
    public static Multihash Sha256(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data, digest);
        return FromDigest(MultihashCode.Sha256, digest);
    }

    /// <summary>A multihash that contains <paramref name="data"/> itself.</summary>
    public static Multihash Identity(ReadOnlySpan<byte> data) => FromDigest(MultihashCode.Identity, data);

    /// <summary>Wraps a digest computed elsewhere.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The code needs more than 63 bits.</exception>
    public static Multihash FromDigest(ulong code, ReadOnlySpan<byte> digest)
    {
        var codeLength = Varint.Length(code);
        var digestOffset = codeLength + Varint.Length((ulong)digest.Length);
        var bytes = new byte[digestOffset + digest.Length];
        Varint.Write(bytes, code);
        Varint.Write(bytes.AsSpan(codeLength), (ulong)digest.Length);
        digest.CopyTo(bytes.AsSpan(digestOffset));
        return new Multihash(bytes, code, digestOffset);
    }

    /// <summary>Hashes <paramref name="data"/> with any function this platform offers, at its usual length.</summary>
    /// <returns>False for functions the platform lacks (keccak, BLAKE, murmur; SHA-3 on some systems).</returns>
    public static bool TryCompute(ulong code, ReadOnlySpan<byte> data, out Multihash multihash)
    {
        byte[]? digest = code switch
        {
            MultihashCode.Identity => data.ToArray(),
            MultihashCode.Sha1 => SHA1.HashData(data),
            MultihashCode.Sha256 => SHA256.HashData(data),
            MultihashCode.Sha384 => SHA384.HashData(data),
            MultihashCode.Sha512 => SHA512.HashData(data),
            MultihashCode.DoubleSha256 => SHA256.HashData(SHA256.HashData(data)),
            MultihashCode.Md5 => MD5.HashData(data),
            MultihashCode.Sha3Bits256 when SHA3_256.IsSupported => SHA3_256.HashData(data),
            MultihashCode.Sha3Bits384 when SHA3_384.IsSupported => SHA3_384.HashData(data),
            MultihashCode.Sha3Bits512 when SHA3_512.IsSupported => SHA3_512.HashData(data),
            MultihashCode.Shake128 when Shake128.IsSupported => Shake128.HashData(data, 32),
            MultihashCode.Shake256 when Shake256.IsSupported => Shake256.HashData(data, 64),
            _ => null,
        };
        multihash = digest is null ? default : FromDigest(code, digest);
        return digest is not null;
    }

    /// <inheritdoc/>
    public bool Equals(Multihash other) => _bytes.AsSpan().SequenceEqual(other._bytes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Multihash other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    /// <summary>Base 58 text without a prefix, the form peer ids use.</summary>
    public override string ToString() => Base58Btc.Encode(_bytes);

    /// <summary>Compares the bytes.</summary>
    public static bool operator ==(Multihash left, Multihash right) => left.Equals(right);

    /// <summary>Compares the bytes.</summary>
    public static bool operator !=(Multihash left, Multihash right) => !left.Equals(right);
}
