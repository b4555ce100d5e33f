namespace PeerNet.Core.Buffers;

/// <summary>
/// A pinned, pooled block of bytes that is shared by counting references: whoever holds a <see cref="BufferSlice"/> holds one. The last
/// release returns it to its pool. Releasing more often than retaining is a bug of ours and throws.
/// </summary>
public sealed class BufferBlock
{
    private readonly BufferPool? _pool;
    private int _references;

    internal BufferBlock(BufferPool? pool, int capacity)
    {
        _pool = pool;
        Array = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
    }

    /// <summary>The bytes. Only the block's filler writes to them, and only behind what it has handed out.</summary>
    public byte[] Array { get; }

    /// <summary>Size in bytes.</summary>
    public int Capacity => Array.Length;

    internal void Rented() => Volatile.Write(ref _references, 1);

    /// <summary>Adds a holder.</summary>
    public void Retain()
    {
        if (Interlocked.Increment(ref _references) <= 1)
            throw new InvalidOperationException("A buffer block was retained after its last release.");
    }

    /// <summary>Removes a holder; the last one returns the block to its pool.</summary>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        if (left == 0)
            _pool?.Return(this);
        else if (left < 0)
            throw new InvalidOperationException("A buffer block was released more often than it was retained.");
    }

    /// <summary>A slice that takes over one existing reference.</summary>
    public BufferSlice Slice(int offset, int length) => new(this, offset, length);
}
