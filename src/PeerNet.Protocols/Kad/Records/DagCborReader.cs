using System.Buffers.Binary;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>The major types of CBOR.</summary>
internal enum CborType
{
    Unsigned = 0,
    Negative = 1,
    Bytes = 2,
    Text = 3,
    Array = 4,
    Map = 5,
    Tag = 6,
    Simple = 7,
}

/// <summary>
/// Steps through strict DAG-CBOR (IPLD specification): definite lengths, numbers in their shortest form, bounded depth. Makes no object,
/// and never throws on a peer's bytes.
/// </summary>
internal ref struct DagCborReader(ReadOnlySpan<byte> data)
{
    // Specification.
    private const byte OneByte = 24;
    private const byte EightBytes = 27;
    private const byte False = 20;
    private const byte Null = 22;
    private const byte Float64 = 27;
    private const ulong LinkTag = 42;

    // Implementation limit: records are flat.
    private const int MaxDepth = 8;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _position;

    public readonly bool AtEnd => _position == _data.Length;

    /// <summary>Reads the head of an item: its type, and its number, length or count.</summary>
    public bool TryReadHead(out CborType type, out ulong argument)
    {
        type = default;
        argument = 0;
        if (_position >= _data.Length)
            return false;
        var initial = _data[_position++];
        type = (CborType)(initial >> 5);
        var info = (byte)(initial & 0x1f);
        if (info < OneByte)
        {
            argument = info;
            return type != CborType.Simple || info is >= False and <= Null;
        }

        if (info > EightBytes || (type == CborType.Simple && info != Float64))
            return false;
        var bytes = 1 << (info - OneByte);
        if (_data.Length - _position < bytes)
            return false;
        var rest = _data.Slice(_position, bytes);
        _position += bytes;
        argument = bytes switch
        {
            1 => rest[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest),
            4 => BinaryPrimitives.ReadUInt32BigEndian(rest),
            _ => BinaryPrimitives.ReadUInt64BigEndian(rest),
        };
        return type == CborType.Simple || argument >= ShortestFrom(bytes);
    }

    /// <summary>Reads a number that is not negative.</summary>
    public bool TryReadUnsigned(out ulong value) => TryReadHead(out var type, out value) && type == CborType.Unsigned;

    /// <summary>Reads a byte string or a text.</summary>
    public bool TryReadString(CborType wanted, out ReadOnlySpan<byte> value)
    {
        value = default;
        return TryReadHead(out var type, out var length) && type == wanted && TryTake(length, out value);
    }

    /// <summary>Goes over one item, with everything inside.</summary>
    public bool TrySkip(int depth = 0)
    {
        if (depth > MaxDepth || !TryReadHead(out var type, out var argument))
            return false;
        switch (type)
        {
            case CborType.Bytes or CborType.Text:
                return TryTake(argument, out _);
            case CborType.Array:
                return TrySkipItems(argument, depth);
            case CborType.Map:
                return argument <= (ulong)_data.Length && TrySkipItems(argument * 2, depth);
            case CborType.Tag:
                return argument == LinkTag && TrySkip(depth + 1);
            default:
                return true;
        }
    }

    private bool TrySkipItems(ulong count, int depth)
    {
        // Every item has at least one byte, so the count is bounded by what is there.
        for (; count > 0; count--)
        {
            if (!TrySkip(depth + 1))
                return false;
        }

        return true;
    }

    private bool TryTake(ulong length, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (length > (ulong)(_data.Length - _position))
            return false;
        value = _data.Slice(_position, (int)length);
        _position += (int)length;
        return true;
    }

    private static ulong ShortestFrom(int bytes) => bytes switch
    {
        1 => OneByte,
        2 => byte.MaxValue + 1,
        4 => ushort.MaxValue + 1,
        _ => (ulong)uint.MaxValue + 1,
    };
}
