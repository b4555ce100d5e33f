using System.Buffers.Binary;
using System.Security.Cryptography;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// A place in the table's space of 160 bits: a node's id, or a key's. Distance is exclusive or, read as a number. Unrelated to peer ids.
/// </summary>
/// <param name="High">The first 16 bytes, big-endian.</param>
/// <param name="Low">The last 4 bytes, big-endian.</param>
public readonly record struct DhtId(UInt128 High, uint Low) : IComparable<DhtId>
{
    /// <summary>Bytes of an id.</summary>
    public const int ByteCount = 20;

    /// <summary>Bits of an id.</summary>
    public const int BitCount = 8 * ByteCount;

    /// <summary>
    /// The id of a key. A byte string is hashed as it is, every other value by its MessagePack bytes: the text <c>abc</c> and the bytes
    /// <c>abc</c> are different keys.
    /// </summary>
    /// <exception cref="ArgumentException">The key is None, which names nothing.</exception>
    public static DhtId OfKey(HivemindValue key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key is NilValue)
            throw new ArgumentException("None is no key.", nameof(key));
        return OfBytes(key is BytesValue bytes ? bytes.Value.Span : key.ToBytes());
    }

    /// <summary>A fresh random id, for a node.</summary>
    public static DhtId CreateRandom()
    {
        Span<byte> bytes = stackalloc byte[ByteCount];
        RandomNumberGenerator.Fill(bytes);
        return Read(bytes);
    }

    /// <summary>A place that belongs to a peer id: for nodes that keep their records, and so their place, over restarts.</summary>
    public static DhtId OfPeer(PeerId peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return OfBytes([.. "peernet hivemind node "u8, .. peer.Bytes.Span]);
    }

    /// <summary>Reads an id. Shorter bytes are smaller numbers, as in Python; longer ones are none, unless they begin with zeros.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out DhtId id)
    {
        id = default;
        if (bytes.Length > ByteCount)
        {
            if (bytes[..^ByteCount].ContainsAnyExcept((byte)0))
                return false;
            bytes = bytes[^ByteCount..];
        }

        Span<byte> padded = stackalloc byte[ByteCount];
        padded.Clear();
        bytes.CopyTo(padded[(ByteCount - bytes.Length)..]);
        id = Read(padded);
        return true;
    }

    /// <summary>The distance to another id.</summary>
    public DhtId DistanceTo(DhtId other) => new(High ^ other.High, Low ^ other.Low);

    /// <summary>The bit at a place counted from the most significant one.</summary>
    public bool Bit(int index) => index < 128 ? (High >> (127 - index) & 1) == 1 : (Low >> (BitCount - 1 - index) & 1) == 1;

    /// <summary>The id's 20 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[ByteCount];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), Low);
        return bytes;
    }

    /// <inheritdoc />
    public int CompareTo(DhtId other)
    {
        var high = High.CompareTo(other.High);
        return high != 0 ? high : Low.CompareTo(other.Low);
    }

    /// <inheritdoc />
    public override string ToString() => Convert.ToHexStringLower(ToBytes());

    /// <summary>Whether <paramref name="left"/> is the smaller number.</summary>
    public static bool operator <(DhtId left, DhtId right) => left.CompareTo(right) < 0;

    /// <summary>Whether <paramref name="left"/> is the greater number.</summary>
    public static bool operator >(DhtId left, DhtId right) => left.CompareTo(right) > 0;

    /// <summary>Whether <paramref name="left"/> is not the greater number.</summary>
    public static bool operator <=(DhtId left, DhtId right) => left.CompareTo(right) <= 0;

    /// <summary>Whether <paramref name="left"/> is not the smaller number.</summary>
    public static bool operator >=(DhtId left, DhtId right) => left.CompareTo(right) >= 0;

    internal static DhtId OfBytes(ReadOnlySpan<byte> source)
    {
        Span<byte> hash = stackalloc byte[ByteCount];
        SHA1.HashData(source, hash);
        return Read(hash);
    }

    private static DhtId Read(ReadOnlySpan<byte> bytes)
        => new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]));
}
