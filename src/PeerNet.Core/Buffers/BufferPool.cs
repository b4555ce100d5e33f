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

    private readonly Shelf _small;
    private readonly Shelf _large;
    private long _rented;
    private long _created;

    /// <summary>Creates a pool that keeps at most the given number of idle blocks of each size.</summary>
    public BufferPool(int smallRetained = 1024, int largeRetained = 64)
    {
        _small = new Shelf(smallRetained);
        _large = new Shelf(largeRetained);
    }

    /// <summary>The pool that every node of this process shares.</summary>
    public static BufferPool Shared { get; } = new();

    /// <summary>Blocks that are out now.</summary>
    public long Rented => Interlocked.Read(ref _rented);

    /// <summary>Blocks ever allocated: flat in steady state.</summary>
    public long Created => Interlocked.Read(ref _created);

    /// <summary>Rents a small block, with one reference.</summary>
    public BufferBlock RentSmall() => Rent(_small, SmallBytes);

    /// <summary>Rents a large block, with one reference.</summary>
    public BufferBlock RentLarge() => Rent(_large, LargeBytes);

    internal void Return(BufferBlock block)
    {
        Interlocked.Decrement(ref _rented);
        (block.Capacity == SmallBytes ? _small : _large).Put(block);
    }

    private BufferBlock Rent(Shelf shelf, int capacity)
    {
        Interlocked.Increment(ref _rented);
        var block = shelf.Take();
        if (block is null)
        {
            Interlocked.Increment(ref _created);
            block = new BufferBlock(this, capacity);
        }

        block.Rented();
        return block;
    }

    /// <summary>Idle blocks, the last one in first out: what was used a moment ago is still in a processor's cache.</summary>
    private sealed class Shelf(int capacity)
    {
        private readonly Lock _gate = new();
        private BufferBlock?[] _blocks = [];
        private int _count;

        public BufferBlock? Take()
        {
            lock (_gate)
            {
                if (_count == 0)
                    return null;
                var block = _blocks[--_count];
                _blocks[_count] = null;
                return block;
            }
        }

        public void Put(BufferBlock block)
        {
            lock (_gate)
            {
                if (_count == capacity)
                    return;
                if (_count == _blocks.Length)
                    Array.Resize(ref _blocks, Math.Min(capacity, Math.Max(16, 2 * _count)));
                _blocks[_count++] = block;
            }
        }
    }
}
