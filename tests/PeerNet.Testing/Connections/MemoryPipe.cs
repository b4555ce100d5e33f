using System.Threading.Tasks.Sources;

namespace PeerNet.Testing.Connections;

/// <summary>
/// One direction of a connection in memory: a bounded ring with one reader and one writer, like a socket's buffers. It allocates nothing
/// per call, so that a test can count what the layers above allocate. <see cref="Hold"/> makes it take nothing, like a link that is stuck.
/// </summary>
public sealed class MemoryPipe : IValueTaskSource<int>, IValueTaskSource
{
    private readonly Lock _gate = new();
    private readonly byte[] _ring;
    private ManualResetValueTaskSourceCore<int> _reader;
    private ManualResetValueTaskSourceCore<int> _writer;
    private Memory<byte> _readBuffer;
    private ReadOnlyMemory<byte> _writeRest;
    private bool _readerWaits;
    private bool _writerWaits;
    private bool _ended;
    private bool _aborted;
    private bool _held;
    private int _head;
    private int _count;

    /// <summary>Creates a pipe of so many bytes.</summary>
    public MemoryPipe(int capacity = 256 * 1024)
    {
        _ring = new byte[capacity];
        _reader.RunContinuationsAsynchronously = true;
        _writer.RunContinuationsAsynchronously = true;
    }

    /// <summary>The most bytes that one receive answers; fewer shows where a reader relies on luck.</summary>
    public int MaxReceive { get; set; } = int.MaxValue;

    /// <summary>Whether the writer has ended it in good order.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
                return _ended;
        }
    }

    /// <summary>Whether a send waits for room.</summary>
    public bool IsWriterWaiting
    {
        get
        {
            lock (_gate)
                return _writerWaits;
        }
    }

    /// <summary>Receives as <see cref="PeerNet.Core.Connections.RawConnection.ReceiveAsync"/> does.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var wakeWriter = false;
        try
        {
            lock (_gate)
            {
                if (_aborted)
                    return ValueTask.FromException<int>(new IOException("The connection was aborted."));
                if (_count > 0 || _ended)
                    return new ValueTask<int>(Take(buffer.Span, ref wakeWriter));
                _readBuffer = buffer;
                _readerWaits = true;
                _reader.Reset();
                return new ValueTask<int>(this, _reader.Version);
            }
        }
        finally
        {
            if (wakeWriter)
                _writer.SetResult(0);
        }
    }

    /// <summary>Sends as <see cref="PeerNet.Core.Connections.RawConnection.SendAsync"/> does.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> buffer)
    {
        var wakeReader = false;
        try
        {
            lock (_gate)
            {
                if (_aborted || _ended)
                    return ValueTask.FromException(new IOException("The connection was aborted."));
                _writeRest = buffer;
                wakeReader = Put();
                if (_writeRest.IsEmpty)
                    return ValueTask.CompletedTask;
                _writerWaits = true;
                _writer.Reset();
                return new ValueTask(this, _writer.Version);
            }
        }
        finally
        {
            if (wakeReader)
                _reader.SetResult(0);
        }
    }

    /// <summary>The writer is done: the reader reads the rest, then the end.</summary>
    public void End()
    {
        bool wake;
        lock (_gate)
        {
            _ended = true;
            wake = _readerWaits;
            _readerWaits = false;
        }

        if (wake)
            _reader.SetResult(0);
    }

    /// <summary>Both ends fail at once.</summary>
    public void Abort()
    {
        bool reader;
        bool writer;
        lock (_gate)
        {
            _aborted = true;
            reader = _readerWaits;
            writer = _writerWaits;
            _readerWaits = _writerWaits = false;
        }

        if (reader)
            _reader.SetException(new IOException("The connection was aborted."));
        if (writer)
            _writer.SetException(new IOException("The connection was aborted."));
    }

    /// <summary>Takes nothing more until it is let go.</summary>
    public void Hold(bool hold)
    {
        var wakeReader = false;
        var wakeWriter = false;
        lock (_gate)
        {
            _held = hold;
            if (!hold && _writerWaits)
            {
                wakeReader = Put();
                wakeWriter = TakeWriter();
            }
        }

        if (wakeReader)
            _reader.SetResult(0);
        if (wakeWriter)
            _writer.SetResult(0);
    }

    int IValueTaskSource<int>.GetResult(short token)
    {
        _reader.GetResult(token);
        var wakeWriter = false;
        int count;
        lock (_gate)
        {
            if (_aborted)
                throw new IOException("The connection was aborted.");
            count = Take(_readBuffer.Span, ref wakeWriter);
        }

        if (wakeWriter)
            _writer.SetResult(0);
        return count;
    }

    void IValueTaskSource.GetResult(short token) => _writer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reader.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _writer.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _reader.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _writer.OnCompleted(continuation, state, token, flags);

    private int Take(Span<byte> buffer, ref bool wakeWriter)
    {
        var count = Math.Min(Math.Min(buffer.Length, _count), MaxReceive);
        var first = Math.Min(count, _ring.Length - _head);
        _ring.AsSpan(_head, first).CopyTo(buffer);
        _ring.AsSpan(0, count - first).CopyTo(buffer[first..]);
        _head = (_head + count) % _ring.Length;
        _count -= count;
        if (_writerWaits)
        {
            Put();
            wakeWriter = TakeWriter();
        }

        return count;
    }

    private bool Put()
    {
        var count = _held ? 0 : Math.Min(_writeRest.Length, _ring.Length - _count);
        var tail = (_head + _count) % _ring.Length;
        var first = Math.Min(count, _ring.Length - tail);
        _writeRest.Span[..first].CopyTo(_ring.AsSpan(tail));
        _writeRest.Span[first..count].CopyTo(_ring);
        _writeRest = _writeRest[count..];
        _count += count;
        if (count == 0 || !_readerWaits)
            return false;
        _readerWaits = false;
        return true;
    }

    private bool TakeWriter()
    {
        if (!_writerWaits || !_writeRest.IsEmpty)
            return false;
        _writerWaits = false;
        return true;
    }
}
