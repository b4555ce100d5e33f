using System.Runtime.CompilerServices;
using PeerNet.Core.Buffers;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// What a stream has received and nobody has read: parts of the blocks they arrived in, in order. Guarded by the connection's lock.
/// </summary>
internal struct ReceiveQueue
{
    /// <summary>Bodies below this are copied together once a few are waiting: they would cost more to keep apart than to copy.</summary>
    private const int SmallPart = 1024;

    /// <summary>So many parts wait before small ones are copied.</summary>
    private const int PartsBeforeCopying = 4;

    private Part[]? _parts;
    private int _head;
    private int _count;

    /// <summary>Whether nothing waits.</summary>
    public readonly bool IsEmpty => _count == 0;

    /// <summary>Adds a part of a received slice, by reference where that is reasonable.</summary>
    public void Enqueue(RetentionLedger ledger, in BufferSlice slice, int start, int length)
    {
        if (ledger.IsOverdrawn || (length < SmallPart && _count >= PartsBeforeCopying))
            EnqueueCopy(ledger, slice.Span.Slice(start, length));
        else
            Add(new Part(slice.Share(start, length), ledger.Retain(slice), 0));
        ledger.QueuedBytes += length;
    }

    /// <summary>Takes the first part as it lies.</summary>
    public BufferSlice Dequeue(RetentionLedger ledger)
    {
        ref var part = ref _parts![_head];
        var slice = part.Slice;
        ledger.QueuedBytes -= slice.Length;
        ledger.Release(part.Retained);
        part = default;
        _head = (_head + 1) % _parts.Length;
        _count--;
        return slice;
    }

    /// <summary>Takes up to <paramref name="limit"/> bytes in at most as many parts as fit into <paramref name="parts"/>.</summary>
    public int Dequeue(RetentionLedger ledger, int limit, ref TakenParts parts)
    {
        var taken = 0;
        var used = 0;
        while (_count > 0 && used < TakenParts.Capacity && taken < limit)
        {
            var length = _parts![_head].Slice.Length;
            if (length <= limit - taken)
            {
                parts[used] = Dequeue(ledger);
            }
            else
            {
                length = limit - taken;
                ref var part = ref _parts[_head];
                parts[used] = part.Slice.Share(0, length);
                part = part with { Slice = part.Slice.Advance(length) };
                ledger.QueuedBytes -= length;
            }

            used++;
            taken += length;
        }

        return taken;
    }

    /// <summary>Drops everything and answers how many bytes that was.</summary>
    public int Clear(RetentionLedger ledger)
    {
        var bytes = 0;
        while (_count > 0)
        {
            var slice = Dequeue(ledger);
            bytes += slice.Length;
            slice.Release();
        }

        _parts = null;
        _head = 0;
        return bytes;
    }

    private void EnqueueCopy(RetentionLedger ledger, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_count == 0 || Last.OwnRoom == 0)
            {
                var block = BufferPool.Shared.RentSmall();
                Add(new Part(block.Slice(0, 0), ledger.RetainOwn(block.Capacity), block.Capacity));
            }

            ref var part = ref Last;
            var count = Math.Min(bytes.Length, part.OwnRoom);
            var grown = part.Slice.Grow(count);
            bytes[..count].CopyTo(grown.Span[part.Slice.Length..]);
            part = part with { Slice = grown, OwnRoom = part.OwnRoom - count };
            bytes = bytes[count..];
        }
    }

    private readonly ref Part Last => ref _parts![(_head + _count - 1) % _parts.Length];

    private void Add(in Part part)
    {
        if (_parts is null)
            _parts = new Part[4];
        else if (_count == _parts.Length)
            Widen();
        _parts[(_head + _count++) % _parts.Length] = part;
    }

    private void Widen()
    {
        var wider = new Part[2 * _count];
        for (var i = 0; i < _count; i++)
            wider[i] = _parts![(_head + i) % _count];
        _parts = wider;
        _head = 0;
    }

    /// <summary>One part; <paramref name="OwnRoom"/> is what may still be appended to it when it is a copy of ours.</summary>
    private readonly record struct Part(BufferSlice Slice, RetainedBlock Retained, int OwnRoom);
}

/// <summary>A few slices on the stack: what one read takes.</summary>
[InlineArray(Capacity)]
internal struct TakenParts
{
    /// <summary>How many there are.</summary>
    public const int Capacity = 8;

    private BufferSlice _first;

    /// <summary>Copies the slices one behind the other and releases them.</summary>
    public void MoveTo(Span<byte> destination, int bytes)
    {
        for (var i = 0; bytes > 0; i++)
        {
            var slice = this[i];
            slice.Span.CopyTo(destination);
            destination = destination[slice.Length..];
            bytes -= slice.Length;
            slice.Release();
        }
    }
}
