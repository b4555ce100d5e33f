using System.Threading.Tasks.Sources;
using PeerNet.Core.Connections;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>Streams that the peer has opened and nobody has accepted. The session bounds it. Members are called under the gate unless they say otherwise.</summary>
internal sealed class AcceptQueue(YamuxConnection connection) : IValueTaskSource<MuxedStream?>
{
    private readonly List<YamuxStream> _streams = [];
    private ManualResetValueTaskSourceCore<bool> _acceptor = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private YamuxStream? _lastAccepted;
    private bool _accepting;
    private bool _acceptorWaits;
    private bool _ended;

    /// <summary>Whether a waiting acceptor is to be woken after the slice.</summary>
    public bool Add(YamuxStream stream)
    {
        _streams.Add(stream);
        return TakeAcceptor();
    }

    /// <summary>The peer reset it before anybody accepted it.</summary>
    public void Remove(YamuxStream stream) => _streams.Remove(stream);

    /// <summary>Wakes an acceptor that was taken.</summary>
    public void Wake() => _acceptor.SetResult(true);

    /// <summary>The connection ended: the acceptor gets null from now on.</summary>
    public void End()
    {
        _ended = true;
        _streams.Clear();
        if (TakeAcceptor())
            Wake();
    }

    /// <summary>The next stream. Outside the gate.</summary>
    public ValueTask<MuxedStream?> AcceptAsync(CancellationToken token)
    {
        if (token.IsCancellationRequested)
            return ValueTask.FromCanceled<MuxedStream?>(token);
        bool start;
        bool waits;
        YamuxStream? stream;
        lock (connection.Gate)
        {
            if (_accepting)
                throw new InvalidOperationException("A stream is being accepted already.");
            AcknowledgeLast();
            stream = Take();
            waits = stream is null && !_ended;
            if (waits)
            {
                _accepting = true;
                _acceptorWaits = true;
                _acceptor.Reset();
            }

            start = connection.Sender.TryStart();
        }

        if (start)
            connection.Sender.Run();
        if (!waits)
            return new ValueTask<MuxedStream?>(stream);
        if (token.CanBeCanceled)
            _cancellation = token.UnsafeRegister(static (state, token) => ((AcceptQueue)state!).Cancel(token), this);
        return new ValueTask<MuxedStream?>(this, _acceptor.Version);
    }

    MuxedStream? IValueTaskSource<MuxedStream?>.GetResult(short token)
    {
        _cancellation.Dispose();
        _cancellation = default;
        try
        {
            _acceptor.GetResult(token);
        }
        finally
        {
            Volatile.Write(ref _accepting, false);
        }

        lock (connection.Gate)
            return Take();
    }

    ValueTaskSourceStatus IValueTaskSource<MuxedStream?>.GetStatus(short token) => _acceptor.GetStatus(token);

    void IValueTaskSource<MuxedStream?>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _acceptor.OnCompleted(continuation, state, token, flags);

    private YamuxStream? Take()
    {
        if (_streams.Count == 0)
            return null;
        var stream = _streams[0];
        _streams.RemoveAt(0);
        connection.Session.Accept(stream.State);
        connection.Counters.StreamsAccepted++;
        YamuxMetrics.StreamOpened(isOutbound: false);
        _lastAccepted = stream;
        return stream;
    }

    /// <summary>
    /// The acknowledgement of a stream rides on the first frame that its handler sends. When the next stream is asked for and it has not
    /// gone, it goes alone: some peers wait for it.
    /// </summary>
    private void AcknowledgeLast()
    {
        if (_lastAccepted is not null)
            connection.Session.RequestOpening(_lastAccepted.State);
        _lastAccepted = null;
    }

    private bool TakeAcceptor()
    {
        var waits = _acceptorWaits;
        _acceptorWaits = false;
        return waits;
    }

    private void Cancel(CancellationToken token)
    {
        lock (connection.Gate)
        {
            if (!TakeAcceptor())
                return;
        }

        _acceptor.SetException(new OperationCanceledException(token));
    }
}
