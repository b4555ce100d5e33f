namespace PeerNet.Identity.Wire;

/// <summary>The three protobuf wire types that occur in the messages of this project, and the two that are skipped.</summary>
internal enum ProtoWireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// <summary>
/// A pull reader over one protobuf message in memory. Nothing is allocated: field contents are slices of the input.
/// Unknown fields are read and skipped by the caller's loop; groups (wire types 3 and 4) count as malformed, since
/// no libp2p message has them.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Number of the field that the last <see cref="Read"/> stopped at.</summary>
    public int Field { get; private set; }

    public ProtoWireType WireType { get; private set; }

    /// <summary>Value of a varint or fixed-width field.</summary>
    public ulong Value { get; private set; }

    /// <summary>Content of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>True after <see cref="Read"/> returned false because the bytes are no protobuf message.</summary>
    public bool IsMalformed { get; private set; }

    public readonly bool IsBytes(int field) => Field == field && WireType == ProtoWireType.Bytes;

    public readonly bool IsVarint(int field) => Field == field && WireType == ProtoWireType.Varint;

    /// <summary>Moves to the next field. False at the end of the message or at the first malformed byte.</summary>
    public bool Read()
    {
        if (_rest.IsEmpty || IsMalformed)
            return false;

        if (!TryReadVarint(out var tag) || tag > uint.MaxValue || tag >> 3 == 0)
            return Malformed();

        Field = (int)(tag >> 3);
        WireType = (ProtoWireType)(tag & 7);
        Bytes = default;
        Value = 0;
        switch (WireType)
        {
            case ProtoWireType.Varint:
                if (!TryReadVarint(out var value))
                    return Malformed();
                Value = value;
                return true;
            case ProtoWireType.Bytes:
                if (!TryReadVarint(out var length) || length > (ulong)_rest.Length)
                    return Malformed();
                Bytes = _rest[..(int)length];
                _rest = _rest[(int)length..];
                return true;
            case ProtoWireType.Fixed64:
                return Skip(sizeof(ulong));
            case ProtoWireType.Fixed32:
                return Skip(sizeof(uint));
            default:
                return Malformed();
        }
    }

    /// <summary>Protobuf varints may be padded; every stack reads such keys, so the multiformats rule does not apply here.</summary>
    private bool TryReadVarint(out ulong value)
    {
        const int maxBytes = 10;
        value = 0;
        for (var i = 0; i < _rest.Length && i < maxBytes; i++)
        {
            var b = _rest[i];
            if (i == maxBytes - 1 && b > 1)
                return false;
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private bool Skip(int count)
    {
        if (_rest.Length < count)
            return Malformed();
        _rest = _rest[count..];
        return true;
    }

    private bool Malformed()
    {
        IsMalformed = true;
        return false;
    }
}
