using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// Yamux over a secure connection: the driver around <see cref="YamuxSession"/>. One gate guards the session, the send block and the
/// streams' queues; it is held for bookkeeping and for copying what is sent, never over a send, a receive or a caller's code. Ciphers and
/// sockets run outside it. There is one receive loop, one timer, and no task per stream.
/// </summary>
internal sealed partial class YamuxConnection : MuxedConnection
{
    private readonly SecureConnection _secure;
    private readonly YamuxReceiver _receiver;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly TaskCompletionSource<ConnectionClosedException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<TaskCompletionSource>? _openers;
    private AcceptQueue? _accepting;
    private Instant _armedFor = Instant.MaxValue;
    private ConnectionClosedException? _end;

    /// <summary>Starts Yamux on a connection, which it owns from now on.</summary>
    public YamuxConnection(SecureConnection secure, MuxerContext context, YamuxOptions options)
    {
        _secure = secure;
        _time = context.Time;
        Description = context.Description;
        Scope = context.Scope;
        Options = options;
        Session = new YamuxSession(context.IsInitiator, options, context.Scope, Now);
        Sender = new YamuxSender(this, secure);
        _receiver = new YamuxReceiver(this, secure);
        using (ExecutionContext.SuppressFlow())
        {
            _timer = _time.CreateTimer(static state => ((YamuxConnection)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _receiver.Execute();
        }

        Schedule();
    }

    /// <inheritdoc />
    public override ConnectionDescription Description { get; }

    /// <inheritdoc />
    public override IConnectionScope Scope { get; }

    /// <inheritdoc />
    public override int StreamCount
    {
        get
        {
            lock (Gate)
                return Session.StreamCount;
        }
    }

    /// <inheritdoc />
    public override TimeSpan? RoundTripTime
    {
        get
        {
            lock (Gate)
                return Session.RoundTripTime;
        }
    }

    /// <inheritdoc />
    public override ConnectionTraffic Traffic => new(Volatile.Read(ref Counters.BytesReceived), Volatile.Read(ref Counters.BytesSent));

    /// <inheritdoc />
    public override Task<ConnectionClosedException> Closed => _closed.Task;

    /// <summary>Guards all of the connection's state.</summary>
    public Lock Gate { get; } = new();

    /// <summary>The machine. Under the gate.</summary>
    public YamuxSession Session { get; }

    /// <summary>The sending half.</summary>
    public YamuxSender Sender { get; }

    /// <summary>The account of received blocks. Under the gate.</summary>
    public RetentionLedger Ledger { get; } = new();

    /// <summary>What the connection has done.</summary>
    public YamuxCounters Counters { get; } = new();

    /// <summary>Limits and times.</summary>
    public YamuxOptions Options { get; }

    /// <summary>Streams to be accepted. Under the gate.</summary>
    public AcceptQueue Accepting => _accepting ??= new AcceptQueue(this);

    /// <summary>The time.</summary>
    public Instant Now => _time.GetInstant();

    /// <summary>Whether what the peer sends is of no interest any more. Under the gate.</summary>
    public bool IsDiscarding => _end is not null;

    /// <inheritdoc />
    public override ValueTask<MuxedStream> OpenStreamAsync(CancellationToken token = default)
    {
        if (token.IsCancellationRequested)
            return ValueTask.FromCanceled<MuxedStream>(token);
        lock (Gate)
        {
            if (OpenFailure() is { } failure)
                return ValueTask.FromException<MuxedStream>(failure);
            if (TryOpen() is { } stream)
                return new ValueTask<MuxedStream>(stream);
        }

        return OpenLaterAsync(token);
    }

    /// <inheritdoc />
    public override ValueTask<MuxedStream?> AcceptStreamAsync(CancellationToken token = default)
    {
        AcceptQueue accepting;
        lock (Gate)
        {
            if (_end is not null)
                return default;
            accepting = Accepting;
        }

        return accepting.AcceptAsync(token);
    }

    /// <summary>A stream ended or was acknowledged: the next that waits to open one may try. Under the gate.</summary>
    public void OnOpenRoom()
    {
        if (_openers is not null && _openers.TryDequeue(out var opener))
            opener.TrySetResult();
    }

    /// <summary>Control frames were taken for sending, among them perhaps the last of a stream. Under the gate.</summary>
    public void OnFramesTaken()
    {
        while (Session.TakeFinished() is { } state)
        {
            ((YamuxStream)state.Owner!).OnHalfClosed();
            OnOpenRoom();
        }
    }

    private YamuxStream? TryOpen()
    {
        if (Session.TryOpen(Now) is not { } state)
            return null;
        Counters.StreamsOpened++;
        YamuxMetrics.StreamOpened(isOutbound: true);
        return new YamuxStream(this, state);
    }

    private ConnectionClosedException? OpenFailure()
    {
        if (_end is not null)
            return new ConnectionClosedException(_end.Reason, _end.Message, _end.Code, _end);
        if (Session.PeerGoAway is { } code)
            return new ConnectionClosedException(ConnectionCloseReason.Remote, "The peer is closing the connection.", code);
        return Session.IsExhausted ? new ConnectionClosedException(ConnectionCloseReason.Local, "The connection has used up its stream ids.") : null;
    }

    private async ValueTask<MuxedStream> OpenLaterAsync(CancellationToken token)
    {
        while (true)
        {
            var opener = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (Gate)
            {
                if (OpenFailure() is { } failure)
                    throw failure;
                if (TryOpen() is { } stream)
                    return stream;
                (_openers ??= new Queue<TaskCompletionSource>()).Enqueue(opener);
            }

            try
            {
                await opener.Task.WaitAsync(token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // A turn that came at the same moment goes to the next.
                if (!opener.TrySetCanceled(CancellationToken.None))
                {
                    lock (Gate)
                        OnOpenRoom();
                }

                throw;
            }
        }
    }
}
