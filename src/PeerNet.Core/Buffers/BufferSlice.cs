namespace PeerNet.Core.Buffers;

/// <summary>
/// Some bytes of a shared block, together with one reference to it. The holder calls <see cref="Release"/> exactly once; the bytes are
/// not to be touched afterwards. The default value is empty and needs no release.
/// </summary>
public readonly struct BufferSlice : IEquatable<BufferSlice>
{
    private readonly BufferBlock? _block;
    private readonly int _offset;

    /// <summary>Takes over one reference to <paramref name="block"/>.</summary>
    public BufferSlice(BufferBlock block, int offset, int length)
    {
        ArgumentNullException.ThrowIfNull(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)block.Capacity);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(block.Capacity - offset));
        _block = block;
        _offset = offset;
        Length = length;
    }

    /// <summary>Length in bytes.</summary>
    public int Length { get; }

    /// <summary>Whether there are no bytes. A receive that returns an empty slice has reached the end.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes.</summary>
    public Span<byte> Span => _block is null ? default : _block.Array.AsSpan(_offset, Length);

    /// <summary>The bytes.</summary>
    public Memory<byte> Memory => _block is null ? default : _block.Array.AsMemory(_offset, Length);

    /// <summary>Size of the whole block that this slice keeps alive, in bytes.</summary>
    public int BlockCapacity => _block?.Capacity ?? 0;

    /// <summary>Whether both are parts of one block.</summary>
    public bool IsSameBlock(in BufferSlice other) => ReferenceEquals(_block, other._block);

    /// <summary>This slice with the following <paramref name="count"/> bytes of its block, which nobody else uses; with the same reference.</summary>
    public BufferSlice Grow(int count) => new(_block!, _offset, Length + count);

    /// <summary>A part of this slice with a reference of its own, to be released on its own.</summary>
    public BufferSlice Share(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(Length - start));
        if (_block is null)
            return default;
        _block.Retain();
        return new BufferSlice(_block, _offset + start, length);
    }

    /// <summary>The rest of this slice from <paramref name="start"/>, with the same reference: this value is not to be used any more.</summary>
    public BufferSlice Advance(int start)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)Length);
        return _block is null ? default : new BufferSlice(_block, _offset + start, Length - start);
    }

    /// <summary>The first bytes of this slice, with the same reference: this value is not to be used any more.</summary>
    public BufferSlice Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length);
        return _block is null ? default : new BufferSlice(_block, _offset, length);
    }

    /// <summary>Gives the reference back.</summary>
    public void Release() => _block?.Release();

    /// <inheritdoc />
    public bool Equals(BufferSlice other) => ReferenceEquals(_block, other._block) && _offset == other._offset && Length == other.Length;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is BufferSlice other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(_block, _offset, Length);

    /// <summary>Whether two slices are the same bytes of the same block.</summary>
    public static bool operator ==(BufferSlice left, BufferSlice right) => left.Equals(right);

    /// <summary>Whether two slices differ.</summary>
    public static bool operator !=(BufferSlice left, BufferSlice right) => !left.Equals(right);
}
