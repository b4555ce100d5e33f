using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad;

/// <summary>
/// A point of the key space: the SHA-256 of a peer id, of a content key or of a value key (kad-dht specification, "Distance"). Raw ids are
/// never compared, only their hashes.
/// </summary>
public readonly record struct KadKey
{
    /// <summary>Bits of a key.</summary>
    public const int Bits = 256;

    /// <summary>Bytes of a key.</summary>
    public const int Bytes = Bits / 8;

    private readonly ulong _w0;
    private readonly ulong _w1;
    private readonly ulong _w2;
    private readonly ulong _w3;

    private KadKey(ulong w0, ulong w1, ulong w2, ulong w3) => (_w0, _w1, _w2, _w3) = (w0, w1, w2, w3);

    /// <summary>The point of a peer.</summary>
    public static KadKey Of(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return Of(peer.Bytes.Span);
    }

    /// <summary>The point of a content key or a value key, or of any other bytes.</summary>
    public static KadKey Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return FromHash(hash);
    }

    /// <summary>The point whose 32 bytes are given.</summary>
    /// <exception cref="ArgumentException">There are not 32 bytes.</exception>
    public static KadKey FromHash(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != Bytes)
            throw new ArgumentException($"A key has {Bytes} bytes, not {hash.Length}.", nameof(hash));
        return new KadKey(
            BinaryPrimitives.ReadUInt64BigEndian(hash),
            BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _w0);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _w1);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _w2);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _w3);
    }

    /// <summary>The XOR of two keys.</summary>
    public Distance DistanceTo(KadKey other) => new(_w0 ^ other._w0, _w1 ^ other._w1, _w2 ^ other._w2, _w3 ^ other._w3);

    /// <summary>Leading bits that two keys share: 0 to 256. Seen from one key it is the number of the other's bucket.</summary>
    public int CommonPrefixLength(KadKey other)
    {
        if (_w0 != other._w0)
            return BitOperations.LeadingZeroCount(_w0 ^ other._w0);
        return DistanceTo(other).LeadingZeros;
    }

    /// <summary>The key as hexadecimal digits.</summary>
    public override string ToString() => $"{_w0:x16}{_w1:x16}{_w2:x16}{_w3:x16}";
}
