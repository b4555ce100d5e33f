using PeerNet.Core.Buffers;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// Accounts the blocks that a connection's receive queues keep alive against the bytes that lie in them. A peer that sends tiny frames
/// in many packets would make each of them pin a block; beyond a limit bodies are copied into blocks of our own, which are filled up.
/// Guarded by the connection's lock.
/// </summary>
internal sealed class RetentionLedger
{
    /// <summary>Blocks may hold this many times the queued bytes…</summary>
    private const int MaxRatio = 4;

    /// <summary>…and this much more. Large blocks are worth it: four of them.</summary>
    private const int FreeBytes = 512 * 1024;

    private BufferSlice _current;
    private RetainedBlock? _currentBlock;
    private RetainedBlock? _free;

    /// <summary>Bytes in queues.</summary>
    public long QueuedBytes { get; set; }

    /// <summary>Size of all blocks that they lie in.</summary>
    public long RetainedBytes { get; private set; }

    /// <summary>Whether too much is kept alive for what it holds.</summary>
    public bool IsOverdrawn => RetainedBytes > MaxRatio * QueuedBytes + FreeBytes;

    /// <summary>Another part of the slice's block is kept.</summary>
    public RetainedBlock Retain(in BufferSlice slice)
    {
        if (_currentBlock is null || !_current.IsSameBlock(slice))
        {
            _current = slice;
            _currentBlock = RetainOwn(slice.BlockCapacity);
            return _currentBlock;
        }

        _currentBlock.Parts++;
        return _currentBlock;
    }

    /// <summary>A block of our own is kept.</summary>
    public RetainedBlock RetainOwn(int capacity)
    {
        var block = _free ?? new RetainedBlock();
        _free = block.NextFree;
        block.NextFree = null;
        block.Capacity = capacity;
        block.Parts = 1;
        RetainedBytes += capacity;
        return block;
    }

    /// <summary>A part is kept no more.</summary>
    public void Release(RetainedBlock block)
    {
        if (--block.Parts > 0)
            return;
        RetainedBytes -= block.Capacity;
        if (ReferenceEquals(block, _currentBlock))
        {
            _currentBlock = null;
            _current = default;
        }

        block.NextFree = _free;
        _free = block;
    }
}

/// <summary>How many parts of one block are kept.</summary>
internal sealed class RetainedBlock
{
    /// <summary>Size of the block.</summary>
    public int Capacity { get; set; }

    /// <summary>Parts kept.</summary>
    public int Parts { get; set; }

    /// <summary>The next in the list of records to be used again.</summary>
    public RetainedBlock? NextFree { get; set; }
}
