using System.Threading.Tasks.Sources;

namespace PeerNet.Connections.Muxing.Yamux;

/// <content>The sending direction: what fits is copied at once into the connection's send block, the rest waits its turn.</content>
internal sealed partial class YamuxStream : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _writer = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _writeCancellation;
    private ReadOnlyMemory<byte> _writeRest;
    private bool _writing;
    private bool _writerWaits;
    private bool _finAfterWrite;

    /// <summary>The next in the sender's queue of writers.</summary>
    public YamuxStream? NextWriter { get; set; }

    /// <summary>In that queue.</summary>
    public bool IsWriterQueued { get; set; }

    /// <summary>What the waiting writer still has to send.</summary>
    public ReadOnlyMemory<byte> WriteRest => _writeRest;

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        if (token.IsCancellationRequested)
            return ValueTask.FromCanceled(token);
        bool start;
        bool waits;
        lock (_connection.Gate)
        {
            if (_writing)
                throw new InvalidOperationException("The stream is being written already.");
            if (HasFailed)
                return ValueTask.FromException(Failure());
            if (!_state.CanSend)
                return ValueTask.FromException(new InvalidOperationException("The stream's sending direction is closed."));
            _writeRest = buffer;
            _connection.Sender.AppendAtOnce(this);
            waits = !_writeRest.IsEmpty;
            if (waits)
            {
                _writing = true;
                _writerWaits = true;
                _writer.Reset();
                _connection.Sender.Enqueue(this);
            }

            start = _connection.Sender.TryStart();
        }

        if (start)
            _connection.Sender.Run();
        if (!waits)
            return ValueTask.CompletedTask;
        if (token.CanBeCanceled)
            _writeCancellation = token.UnsafeRegister(static (state, token) => ((YamuxStream)state!).CancelWrite(token), this);
        return new ValueTask(this, _writer.Version);
    }

    /// <inheritdoc />
    public override ValueTask CloseWriteAsync(CancellationToken token = default)
    {
        bool start;
        lock (_connection.Gate)
        {
            if (HasFailed)
                return ValueTask.FromException(Failure());
            if (_writerWaits)
                _finAfterWrite = true;
            else
                CloseWrite();
            start = _connection.Sender.TryStart();
        }

        if (start)
            _connection.Sender.Run();
        return ValueTask.CompletedTask;
    }

    /// <summary>So much of the waiting write was laid into a send block. Under the gate.</summary>
    public void AdvanceWrite(int bytes)
    {
        _writeRest = _writeRest[bytes..];
        if (_writeRest.IsEmpty && TakeWriter())
            _writer.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token)
    {
        _writeCancellation.Dispose();
        _writeCancellation = default;
        try
        {
            _writer.GetResult(token);
        }
        finally
        {
            Volatile.Write(ref _writing, false);
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _writer.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _writer.OnCompleted(continuation, state, token, flags);

    private void CloseWrite()
    {
        _finAfterWrite = false;
        _connection.Session.CloseWrite(_state);
    }

    private void CancelWrite(CancellationToken token)
    {
        lock (_connection.Gate)
        {
            if (!TakeWriter())
                return;
        }

        _writer.SetException(new OperationCanceledException(token));
    }

    private void FailWriter()
    {
        if (TakeWriter())
            _writer.SetException(Failure());
    }

    /// <summary>Whoever takes the waiting writer is the one to complete it; nothing more of its buffer is read. Under the gate.</summary>
    private bool TakeWriter()
    {
        var waits = _writerWaits;
        _writerWaits = false;
        _writeRest = default;
        if (waits && _finAfterWrite)
            CloseWrite();
        return waits;
    }
}
