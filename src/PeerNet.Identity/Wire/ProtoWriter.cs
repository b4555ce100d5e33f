namespace PeerNet.Identity.Wire;

/// <summary>
/// Writes one protobuf message into memory of exactly the right size; the static members compute that size first.
/// Only field numbers below 16 occur, so a tag is always one byte.
/// </summary>
internal ref struct ProtoWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written so far.</summary>
    public int Position { get; private set; }

    public static int VarintLength(ulong value)
    {
        var length = 1;
        for (; value >= 0x80; value >>= 7)
            length++;
        return length;
    }

    public static int VarintFieldLength(ulong value) => 1 + VarintLength(value);

    public static int BytesFieldLength(int length) => 1 + VarintLength((ulong)length) + length;

    public void WriteVarintField(int field, ulong value)
    {
        WriteTag(field, ProtoWireType.Varint);
        WriteVarint(value);
    }

    public void WriteBytesField(int field, scoped ReadOnlySpan<byte> content)
    {
        WriteBytesHeader(field, content.Length);
        WriteRaw(content);
    }

    /// <summary>Tag and length of a length-delimited field; the caller writes the content next.</summary>
    public void WriteBytesHeader(int field, int length)
    {
        WriteTag(field, ProtoWireType.Bytes);
        WriteVarint((ulong)length);
    }

    public void WriteRaw(scoped ReadOnlySpan<byte> content)
    {
        content.CopyTo(_destination[Position..]);
        Position += content.Length;
    }

    public void WriteVarint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _destination[Position++] = (byte)(value | 0x80);
        _destination[Position++] = (byte)value;
    }

    private void WriteTag(int field, ProtoWireType wireType) => _destination[Position++] = (byte)((field << 3) | (int)wireType);
}
