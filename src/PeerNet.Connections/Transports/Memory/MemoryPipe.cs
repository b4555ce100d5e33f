using PeerNet.Core.Errors;

namespace PeerNet.Connections.Transports.Memory;

/// <summary>
/// One direction of a memory connection: a ring of fixed size between one writer and one reader. Continuations never run inside the other
/// side's call.
/// </summary>
internal sealed class MemoryPipe
{
    /// <summary>Implementation limit: what a writer may be ahead of its reader; about what a kernel grants a fresh socket.</summary>
    public const int CapacityBytes = 64 * 1024;

    private const int FirstCapacityBytes = 4 * 1024;

    private readonly Lock _lock = new();
    private byte[] _ring = [];
    private int _start;
    private int _length;
    private bool _writingCompleted;
    private bool? _abortedByReader;
    private TaskCompletionSource? _changed;

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                ThrowIfAborted(isReader: true);
                if (_length > 0)
                    return Take(buffer.Span);
                if (_writingCompleted)
                    return 0;
                changed = Changed();
            }

            await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                ThrowIfAborted(isReader: false);
                if (_writingCompleted)
                    throw new ConnectionClosedException(ConnectionCloseReason.Local, "The sending direction of the memory connection has ended.");
                buffer = buffer[Put(buffer.Span)..];
                if (buffer.IsEmpty)
                    return;
                changed = Changed();
            }

            await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    /// <summary>Nothing more will be written; the reader reads the end behind what is there.</summary>
    public void CompleteWriting()
    {
        lock (_lock)
        {
            _writingCompleted = true;
            Signal();
        }
    }

    /// <summary>Ends both sides' calls and drops what is there. A writer that completed before is not undone by its own end.</summary>
    public void Abort(bool byReader)
    {
        lock (_lock)
        {
            if (_abortedByReader is not null || !byReader && _writingCompleted)
                return;
            _abortedByReader = byReader;
            _ring = [];
            _length = 0;
            Signal();
        }
    }

    private void ThrowIfAborted(bool isReader)
    {
        if (_abortedByReader is not { } byReader)
            return;
        throw byReader == isReader
            ? new ConnectionClosedException(ConnectionCloseReason.Local, "The memory connection was ended by this node.")
            : new ConnectionClosedException(ConnectionCloseReason.TransportFailure, "The memory connection was reset by the peer.");
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _length);
        var head = Math.Min(count, _ring.Length - _start);
        _ring.AsSpan(_start, head).CopyTo(buffer);
        _ring.AsSpan(0, count - head).CopyTo(buffer[head..]);
        _length -= count;
        _start = _length == 0 ? 0 : (_start + count) % _ring.Length;
        if (count > 0)
            Signal();
        return count;
    }

    private int Put(ReadOnlySpan<byte> bytes)
    {
        var count = Math.Min(bytes.Length, CapacityBytes - _length);
        if (count == 0)
            return 0;
        Reserve(_length + count);
        var end = (_start + _length) % _ring.Length;
        var head = Math.Min(count, _ring.Length - end);
        bytes[..head].CopyTo(_ring.AsSpan(end));
        bytes[head..count].CopyTo(_ring);
        _length += count;
        Signal();
        return count;
    }

    private void Reserve(int bytes)
    {
        if (bytes <= _ring.Length)
            return;
        var capacity = Math.Max(_ring.Length, FirstCapacityBytes);
        while (capacity < bytes)
            capacity *= 2;
        var ring = new byte[Math.Min(capacity, CapacityBytes)];
        var head = Math.Min(_length, _ring.Length - _start);
        _ring.AsSpan(_start, head).CopyTo(ring);
        _ring.AsSpan(0, _length - head).CopyTo(ring.AsSpan(head));
        _ring = ring;
        _start = 0;
    }

    private Task Changed() => (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Signal()
    {
        _changed?.SetResult();
        _changed = null;
    }
}
