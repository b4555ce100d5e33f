namespace PeerNet.Multiformats;

/// <summary>Appends components to a bounded buffer.</summary>
internal ref struct MultiaddressWriter(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Length { get; private set; }

    public readonly ReadOnlySpan<byte> Written => _destination[..Length];

    /// <summary>False when the component does not fit.</summary>
    public bool TryWrite(ulong code, scoped ReadOnlySpan<byte> value)
    {
        var hasLength = MultiaddressProtocol.Find(code) is { Format.Size: ValueFormat.Variable };
        var needed = Varint.Length(code) + (hasLength ? Varint.Length((ulong)value.Length) : 0) + value.Length;
        if (needed > _destination.Length - Length)
            return false;
        Length += Varint.Write(_destination[Length..], code);
        if (hasLength)
            Length += Varint.Write(_destination[Length..], (ulong)value.Length);
        value.CopyTo(_destination[Length..]);
        Length += value.Length;
        return true;
    }
}
