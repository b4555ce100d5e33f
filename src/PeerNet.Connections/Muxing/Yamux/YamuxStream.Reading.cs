using System.Threading.Tasks.Sources;
using PeerNet.Core.Buffers;

namespace PeerNet.Connections.Muxing.Yamux;

/// <content>
/// The receiving direction. The receive loop puts parts of blocks into the queue and signals once for all it has; the reader copies them
/// on its own thread, in the call that takes the result.
/// </content>
internal sealed partial class YamuxStream : IValueTaskSource<int>, IValueTaskSource<BufferSlice>
{
    private ReceiveQueue _received;
    private ManualResetValueTaskSourceCore<bool> _reader = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _readCancellation;
    private Memory<byte> _readBuffer;
    private bool _reading;
    private bool _readerWaits;
    private bool _remoteEnded;

    /// <summary>The next in the receive loop's list of streams whose reader is to be woken.</summary>
    public YamuxStream? NextWake { get; set; }

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (token.IsCancellationRequested)
            return ValueTask.FromCanceled<int>(token);
        var parts = default(TakenParts);
        var waits = false;
        bool start;
        int count;
        lock (_connection.Gate)
        {
            ThrowIfReading();
            count = Take(buffer.Length, ref parts, out start);
            if (count == 0 && !CanRead)
            {
                waits = true;
                _readBuffer = buffer;
                start = StartWaiting();
            }
        }

        if (start)
            _connection.Sender.Run();
        if (waits)
        {
            CancelReadWith(token);
            return new ValueTask<int>(this, _reader.Version);
        }

        if (count == 0)
            return ReadFailure is { } failure ? ValueTask.FromException<int>(failure) : new ValueTask<int>(0);
        parts.MoveTo(buffer.Span, count);
        return new ValueTask<int>(count);
    }

    /// <inheritdoc />
    public override ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
    {
        if (token.IsCancellationRequested)
            return ValueTask.FromCanceled<BufferSlice>(token);
        var waits = false;
        BufferSlice slice;
        bool start;
        lock (_connection.Gate)
        {
            ThrowIfReading();
            slice = TakeSlice(out start);
            if (slice.IsEmpty && !CanRead)
            {
                waits = true;
                start = StartWaiting();
            }
        }

        if (start)
            _connection.Sender.Run();
        if (waits)
        {
            CancelReadWith(token);
            return new ValueTask<BufferSlice>(this, _reader.Version);
        }

        return slice.IsEmpty && ReadFailure is { } failure ? ValueTask.FromException<BufferSlice>(failure) : new ValueTask<BufferSlice>(slice);
    }

    /// <inheritdoc />
    public override void CloseRead()
    {
        bool start;
        lock (_connection.Gate)
        {
            if (_state.ReadClosed || _hasEnded)
            {
                _received.Clear(_connection.Ledger);
                return;
            }

            _connection.Session.CloseRead(_state, _connection.Now);
            _state.ReadClosed = true;
            ReturnCredit(_received.Clear(_connection.Ledger));
            _connection.Session.RequestOpening(_state);
            SignalReader();
            start = _connection.Sender.TryStart();
        }

        if (start)
            _connection.Sender.Run();
        _connection.Schedule();
    }

    /// <summary>Bytes for this stream arrived. Whether its reader is to be woken after the slice. Under the gate.</summary>
    public bool Deliver(in BufferSlice slice, int start, int length)
    {
        if (_state.IsReset)
            return false;
        if (_state.ReadClosed)
        {
            ReturnCredit(length);
            return false;
        }

        _received.Enqueue(_connection.Ledger, slice, start, length);
        return TakeReader();
    }

    /// <summary>The peer sends nothing more. Whether the reader is to be woken. Under the gate.</summary>
    public bool OnRemoteEnded()
    {
        _remoteEnded = true;
        OnHalfClosed();
        return TakeReader();
    }

    /// <summary>Wakes a reader that was taken.</summary>
    public void WakeReader() => _reader.SetResult(true);

    int IValueTaskSource<int>.GetResult(short token)
    {
        EndWaiting(token);
        var buffer = _readBuffer;
        _readBuffer = default;
        var parts = default(TakenParts);
        int count;
        bool start;
        lock (_connection.Gate)
            count = Take(buffer.Length, ref parts, out start);
        if (count == 0)
            return ReadFailure is { } failure ? throw failure : 0;
        if (start)
            _connection.Sender.Run();
        parts.MoveTo(buffer.Span, count);
        return count;
    }

    BufferSlice IValueTaskSource<BufferSlice>.GetResult(short token)
    {
        EndWaiting(token);
        BufferSlice slice;
        bool start;
        lock (_connection.Gate)
            slice = TakeSlice(out start);
        if (slice.IsEmpty && ReadFailure is { } failure)
            throw failure;
        if (start)
            _connection.Sender.Run();
        return slice;
    }

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _reader.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource<BufferSlice>.GetStatus(short token) => _reader.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _reader.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource<BufferSlice>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _reader.OnCompleted(continuation, state, token, flags);

    /// <summary>Whether a read ends now: there are bytes, or there will be none.</summary>
    private bool CanRead => !_received.IsEmpty || _remoteEnded || _state.ReadClosed || HasFailed;

    /// <summary>Why a read that found no bytes fails; null when it is the end in good order, or when no bytes were asked for.</summary>
    private Exception? ReadFailure
    {
        get
        {
            lock (_connection.Gate)
                return _received.IsEmpty && HasFailed && (_state.IsReset || !_remoteEnded) ? Failure() : null;
        }
    }

    private void ThrowIfReading()
    {
        if (_reading)
            throw new InvalidOperationException("The stream is being read already.");
    }

    /// <summary>Under the gate. A reader of a stream that the peer has not heard of would wait for ever, so the stream is announced.</summary>
    private bool StartWaiting()
    {
        _reading = true;
        _readerWaits = true;
        _reader.Reset();
        _connection.Session.RequestOpening(_state);
        if (_state.ReceiveWindow.IsStarving)
            _connection.Session.OnReaderStarves(_state, _connection.Now);
        return _connection.Sender.TryStart();
    }

    private void CancelReadWith(CancellationToken token)
    {
        if (token.CanBeCanceled)
            _readCancellation = token.UnsafeRegister(static (state, token) => ((YamuxStream)state!).CancelRead(token), this);
    }

    private void EndWaiting(short token)
    {
        // Waits for a cancellation that is running, so that it cannot hit the next read.
        _readCancellation.Dispose();
        _readCancellation = default;
        try
        {
            _reader.GetResult(token);
        }
        finally
        {
            Volatile.Write(ref _reading, false);
        }
    }

    private void CancelRead(CancellationToken token)
    {
        lock (_connection.Gate)
        {
            if (!TakeReader())
                return;
        }

        _reader.SetException(new OperationCanceledException(token));
    }

    /// <summary>Whoever takes the waiting reader is the one to complete it. Under the gate.</summary>
    private bool TakeReader()
    {
        var waits = _readerWaits;
        _readerWaits = false;
        return waits;
    }

    private void SignalReader()
    {
        if (TakeReader())
            WakeReader();
    }

    /// <summary>Takes received bytes and returns their credit. Under the gate.</summary>
    private int Take(int limit, ref TakenParts parts, out bool start)
    {
        var count = _received.Dequeue(_connection.Ledger, limit, ref parts);
        start = count > 0 && ReturnCredit(count) && _connection.Sender.TryStart();
        return count;
    }

    /// <summary>Takes the first part as it lies and returns its credit. Under the gate.</summary>
    private BufferSlice TakeSlice(out bool start)
    {
        start = false;
        if (_received.IsEmpty)
            return default;
        var slice = _received.Dequeue(_connection.Ledger);
        start = ReturnCredit(slice.Length) && _connection.Sender.TryStart();
        return slice;
    }

    private bool ReturnCredit(int bytes)
    {
        if (HasFailed || !_connection.Session.Consume(_state, bytes))
            return false;
        _connection.Session.Grant(_state, _connection.Now);
        return true;
    }
}
