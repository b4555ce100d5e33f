using System.Collections.Concurrent;

namespace PeerNet.Core.Buffers;

/// <summary>
/// Pinned blocks of two sizes for the byte path. Pinned, because the sockets and the ciphers take addresses; two sizes, because an echo
/// needs a few hundred bytes and bulk needs whole Noise frames. Blocks beyond the retained limits go to the garbage collector. Thread-safe.
/// </summary>
public sealed class BufferPool
{
    /// <summary>Small block: a handshake message, a few multiplexer frames.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>
    /// Large block: two of the largest Noise frames (2 + 65,535 bytes each) and a little of the next, so that a bulk stream of whole frames
    /// moves only a short tail to the next block.
    /// </summary>
    public const int LargeBytes = 132 * 1024;

    private readonly ConcurrentQueue<BufferBlock> _small = new();
    private readonly ConcurrentQueue<BufferBlock> _large = new();
    private readonly int _smallRetained;
    private readonly int _largeRetained;
    private int _smallCount;
    private int _largeCount;
    private long _rented;
    private long _created;

    /// <summary>Creates a pool that keeps at most the given number of idle blocks of each size.</summary>
    public BufferPool(int smallRetained = 1024, int largeRetained = 64)
    {
        _smallRetained = smallRetained;
        _largeRetained = largeRetained;
    }

    /// <summary>The pool that every node of this process shares.</summary>
    public static BufferPool Shared { get; } = new();

    /// <summary>Blocks that are out now.</summary>
    public long Rented => Interlocked.Read(ref _rented);

    /// <summary>Blocks ever allocated: flat in steady state.</summary>
    public long Created => Interlocked.Read(ref _created);

    /// <summary>Rents a small block, with one reference.</summary>
    public BufferBlock RentSmall() => Rent(_small, ref _smallCount, SmallBytes);

    /// <summary>Rents a large block, with one reference.</summary>
    public BufferBlock RentLarge() => Rent(_large, ref _largeCount, LargeBytes);

    internal void Return(BufferBlock block)
    {
        Interlocked.Decrement(ref _rented);
        if (block.Capacity == SmallBytes)
            Keep(_small, ref _smallCount, _smallRetained, block);
        else
            Keep(_large, ref _largeCount, _largeRetained, block);
    }

    private static void Keep(ConcurrentQueue<BufferBlock> queue, ref int count, int limit, BufferBlock block)
    {
        if (Interlocked.Increment(ref count) <= limit)
            queue.Enqueue(block);
        else
            Interlocked.Decrement(ref count);
    }

    private BufferBlock Rent(ConcurrentQueue<BufferBlock> queue, ref int count, int capacity)
    {
        Interlocked.Increment(ref _rented);
        if (queue.TryDequeue(out var block))
        {
            Interlocked.Decrement(ref count);
        }
        else
        {
            Interlocked.Increment(ref _created);
            block = new BufferBlock(this, capacity);
        }

        block.Rented();
        return block;
    }
}
