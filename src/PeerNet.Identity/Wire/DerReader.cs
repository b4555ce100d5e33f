namespace PeerNet.Identity.Wire;

/// <summary>The tags that keys, signatures and certificates are made of (X.690).</summary>
internal enum DerTag : byte
{
    Boolean = 0x01,
    Integer = 0x02,
    BitString = 0x03,
    OctetString = 0x04,
    Null = 0x05,
    ObjectIdentifier = 0x06,
    UtcTime = 0x17,
    GeneralizedTime = 0x18,
    Sequence = 0x30,
    Context0 = 0xa0,
    Context1 = 0xa1,
    Context3 = 0xa3,
    ImplicitContext1 = 0x81,
    ImplicitContext2 = 0x82,
}

/// <summary>
/// Walks strict DER without allocating or throwing: low tag numbers, definite lengths in their shortest form.
/// The platform's reader is not used on peer bytes because it answers bad input with exceptions.
/// </summary>
internal ref struct DerReader(ReadOnlySpan<byte> der)
{
    private ReadOnlySpan<byte> _rest = der;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly bool NextIs(DerTag tag) => !_rest.IsEmpty && _rest[0] == (byte)tag;

    /// <summary>Reads one element of the given tag; <paramref name="content"/> is a slice of the input.</summary>
    public bool TryRead(DerTag tag, out ReadOnlySpan<byte> content) => TryRead(tag, out content, out _);

    /// <summary>Like the shorter overload; <paramref name="element"/> includes tag and length.</summary>
    public bool TryRead(DerTag tag, out ReadOnlySpan<byte> content, out ReadOnlySpan<byte> element)
    {
        content = default;
        element = default;
        if (!NextIs(tag) || !TryReadLength(out var headerLength, out var contentLength))
            return false;

        content = _rest.Slice(headerLength, contentLength);
        element = _rest[..(headerLength + contentLength)];
        _rest = _rest[element.Length..];
        return true;
    }

    /// <summary>Enters a constructed element.</summary>
    public bool TryEnter(DerTag tag, out DerReader inner)
    {
        var found = TryRead(tag, out var content);
        inner = new DerReader(content);
        return found;
    }

    /// <summary>Reads an INTEGER that is not negative; <paramref name="magnitude"/> is big endian without leading zeros.</summary>
    public bool TryReadUnsigned(out ReadOnlySpan<byte> magnitude)
    {
        if (!TryRead(DerTag.Integer, out magnitude) || magnitude.IsEmpty || magnitude[0] >= 0x80)
            return false;
        if (magnitude[0] != 0)
            return true;

        // A zero byte in front is only there to keep the sign bit clear; zero itself is one such byte.
        if (magnitude.Length > 1 && magnitude[1] < 0x80)
            return false;
        magnitude = magnitude[1..];
        return true;
    }

    /// <summary>Reads a BIT STRING without unused bits.</summary>
    public bool TryReadBits(out ReadOnlySpan<byte> bits)
    {
        if (!TryRead(DerTag.BitString, out bits) || bits.IsEmpty || bits[0] != 0)
            return false;
        bits = bits[1..];
        return true;
    }

    private readonly bool TryReadLength(out int headerLength, out int contentLength)
    {
        // Implementation limit: three length bytes reach 16 MiB, far beyond every message that gets here.
        const int maxLengthBytes = 3;
        headerLength = 2;
        contentLength = 0;
        if (_rest.Length < headerLength)
            return false;

        var first = _rest[1];
        if (first < 0x80)
        {
            contentLength = first;
            return contentLength <= _rest.Length - headerLength;
        }

        var lengthBytes = first & 0x7f;
        if (lengthBytes is 0 or > maxLengthBytes || _rest.Length < headerLength + lengthBytes)
            return false;

        foreach (var b in _rest.Slice(headerLength, lengthBytes))
            contentLength = (contentLength << 8) | b;
        headerLength += lengthBytes;
        var isShortest = contentLength >= 0x80 && (lengthBytes == 1 || contentLength >> (8 * (lengthBytes - 1)) != 0);
        return isShortest && contentLength <= _rest.Length - headerLength;
    }
}
