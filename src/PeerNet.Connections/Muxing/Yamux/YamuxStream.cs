using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The driver's side of a stream. Its state is guarded by the connection's gate; what waits for the network waits on one of two reusable
/// sources, one for the reader and one for the writer, so that reading and writing allocate nothing.
/// </summary>
internal sealed partial class YamuxStream : MuxedStream
{
    private readonly YamuxConnection _connection;
    private readonly YamuxStreamState _state;
    private TaskCompletionSource? _closed;
    private ConnectionClosedException? _connectionEnd;
    private IStreamScope? _scope;
    private bool _resetByPeer;
    private bool _hasEnded;

    public YamuxStream(YamuxConnection connection, YamuxStreamState state)
    {
        _connection = connection;
        _state = state;
        state.Owner = this;
    }

    /// <inheritdoc />
    public override ulong Id => _state.Id;

    /// <inheritdoc />
    public override Direction Direction => _state.IsOutbound ? Direction.Outbound : Direction.Inbound;

    /// <inheritdoc />
    public override bool IsClosed => Volatile.Read(ref _hasEnded);

    /// <inheritdoc />
    public override Task Closed
    {
        get
        {
            lock (_connection.Gate)
            {
                if (_hasEnded)
                    return Task.CompletedTask;
                return (_closed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }
    }

    /// <inheritdoc />
    public override IStreamScope? Scope
    {
        get => _scope;
        set
        {
            lock (_connection.Gate)
            {
                _scope = value;
                if (_hasEnded)
                    value?.Dispose();
            }
        }
    }

    /// <summary>The session's side of the stream.</summary>
    public YamuxStreamState State => _state;

    /// <inheritdoc />
    public override void Reset(uint code = 0)
    {
        bool start;
        lock (_connection.Gate)
        {
            if (_hasEnded || _state.IsReset)
                return;
            _connection.Session.Reset(_state, code);
            OnReset(byPeer: false);
            _connection.OnOpenRoom();
            start = _connection.Sender.TryStart();
        }

        if (start)
            _connection.Sender.Run();
    }

    /// <summary>The stream was reset; the session knows already. Under the gate.</summary>
    public void OnReset(bool byPeer)
    {
        _resetByPeer = byPeer;
        _connection.Counters.StreamsReset++;
        YamuxMetrics.StreamReset(byPeer);
        _received.Clear(_connection.Ledger);
        End();
        SignalReader();
        FailWriter();
    }

    /// <summary>The connection ended. What was received can still be read. Under the gate.</summary>
    public void OnConnectionEnded(ConnectionClosedException end)
    {
        _connectionEnd = end;
        End();
        SignalReader();
        FailWriter();
    }

    /// <summary>One of the directions ended in good order; perhaps it was the second. Under the gate.</summary>
    public void OnHalfClosed()
    {
        if (_state.IsFinished)
            End();
    }

    private void End()
    {
        if (_hasEnded)
            return;
        _hasEnded = true;
        _closed?.TrySetResult();
        _scope?.Dispose();
    }

    /// <summary>Why nothing can be done with the stream any more.</summary>
    private PeerNetException Failure()
    {
        if (_state.IsReset)
            return new StreamResetException(_resetByPeer, _state.ResetCode);
        var end = _connectionEnd!;
        return new ConnectionClosedException(end.Reason, end.Message, end.Code, end);
    }

    private bool HasFailed => _state.IsReset || _connectionEnd is not null;
}
