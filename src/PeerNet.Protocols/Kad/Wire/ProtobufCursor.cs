using PeerNet.Core.Wire;

namespace PeerNet.Protocols.Kad.Wire;

/// <summary>
/// Steps over the fields of one protobuf message without making an object. It refuses what the generated parser and
/// <see cref="MessageGuard"/> refuse; a tag of a known field with another wire type is an unknown field, as there.
/// </summary>
internal ref struct ProtobufCursor(ReadOnlySpan<byte> message)
{
    // Specification (protobuf encoding).
    private const int MaxVarintBytes = 10;
    private const uint WireVarint = 0;
    private const uint WireFixed64 = 1;
    private const uint WireLength = 2;
    private const uint WireStartGroup = 3;
    private const uint WireEndGroup = 4;
    private const uint WireFixed32 = 5;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;
    private uint _wire;

    /// <summary>The number of the field that the last step went over.</summary>
    public int Field { get; private set; }

    /// <summary>The field's value, when it is a varint.</summary>
    public ulong Varint { get; private set; }

    /// <summary>The field's bytes, when it has a length.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>What stopped the walk before the end.</summary>
    public MessageFault Fault { get; private set; }

    /// <summary>Whether the field is this one, with a length.</summary>
    public readonly bool IsBytes(int field) => Field == field && _wire == WireLength;

    /// <summary>Whether the field is this one, a varint.</summary>
    public readonly bool IsVarint(int field) => Field == field && _wire == WireVarint;

    /// <summary>Goes over the next field. False at the end, and at a fault.</summary>
    public bool Next()
    {
        if (_position >= _message.Length)
            return false;
        Field = 0;
        if (!TryReadVarint(out var tag))
            return false;
        if (tag > uint.MaxValue || tag >> 3 == 0)
            return Fail(MessageFaultKind.Malformed);
        Field = (int)(tag >> 3);
        _wire = (uint)tag & 7;
        switch (_wire)
        {
            case WireVarint:
                if (!TryReadVarint(out var value))
                    return false;
                Varint = value;
                return true;
            case WireLength:
                if (!TryReadVarint(out var length))
                    return false;
                if (length > (ulong)(_message.Length - _position))
                    return Fail(MessageFaultKind.Truncated);
                Bytes = _message.Slice(_position, (int)length);
                _position += (int)length;
                return true;
            case WireFixed64:
                return Skip(sizeof(ulong));
            case WireFixed32:
                return Skip(sizeof(uint));
            case WireStartGroup or WireEndGroup:
                return Fail(MessageFaultKind.Group);
            default:
                return Fail(MessageFaultKind.Malformed);
        }
    }

    private bool Skip(int count)
    {
        if (_message.Length - _position < count)
            return Fail(MessageFaultKind.Truncated);
        _position += count;
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < MaxVarintBytes; i++)
        {
            if (_position >= _message.Length)
                return Fail(MessageFaultKind.Truncated);
            var b = _message[_position++];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
                return true;
        }

        return Fail(MessageFaultKind.Malformed);
    }

    private bool Fail(MessageFaultKind kind)
    {
        Fault = new MessageFault(kind, Field);
        return false;
    }
}
