using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <content>How a connection ends, and the timer.</content>
internal sealed partial class YamuxConnection
{
    private Instant _closeDeadline = Instant.MaxValue;
    private Task? _closing;

    /// <inheritdoc />
    public override async ValueTask CloseAsync(uint code = 0, CancellationToken token = default)
    {
        Task closing;
        lock (Gate)
            closing = _closing ??= Begin(code);
        try
        {
            await closing.WaitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Abort(code);
        }

        Task Begin(uint code)
        {
            if (_end is not null)
                return Task.CompletedTask;
            End(new ConnectionClosedException(ConnectionCloseReason.Local, "The connection was closed by this node.", code));
            return SayGoodbyeAsync(code, waitForPeer: true);
        }
    }

    /// <inheritdoc />
    public override void Abort(uint code = 0)
    {
        lock (Gate)
        {
            if (_end is null)
                End(new ConnectionClosedException(ConnectionCloseReason.Local, "The connection was aborted by this node.", code));
        }

        Release();
    }

    /// <summary>The connection failed, or the peer ended it.</summary>
    public void Fail(ConnectionCloseReason reason, string message, uint code = 0, Exception? inner = null)
    {
        lock (Gate)
        {
            // While this end closes in good order, the peer's end is what it waits for.
            if (_end is null)
                End(new ConnectionClosedException(reason, message, code, inner));
        }

        Release();
    }

    /// <summary>The peer broke the protocol: it is told so, briefly.</summary>
    public void FailOnViolation(YamuxViolation violation)
    {
        YamuxMetrics.Violated(violation);
        lock (Gate)
        {
            if (_end is not null)
                return;
            var inner = new ProtocolViolationException(YamuxProtocol.Id.Value, violation.ToString());
            End(new ConnectionClosedException(
                ConnectionCloseReason.ProtocolViolation, $"The peer broke the multiplexer's protocol: {violation}.", ErrorCodes.ConnectionProtocolViolation, inner));
            _closing = SayGoodbyeAsync(YamuxProtocol.GoAwayProtocolError, waitForPeer: false);
        }
    }

    /// <summary>After the peer's GoAway the connection ends with its last stream; with a code that is an error it ends at once.</summary>
    public void EndIfPeerLeft()
    {
        lock (Gate)
        {
            if (Session.PeerGoAway is not { } code || _end is not null || (code == YamuxProtocol.GoAwayNormal && Session.StreamCount > 0))
                return;
            End(new ConnectionClosedException(ConnectionCloseReason.Remote, "The peer closed the connection.", code));
        }

        Release();
    }

    /// <summary>Sees to it that the timer comes in time for the next deadline.</summary>
    public void Schedule()
    {
        lock (Gate)
        {
            var next = Instant.Min(Sender.StuckAt, _closeDeadline);
            if (_end is null)
                next = Instant.Min(next, Session.NextDeadline);
            if (next >= _armedFor)
                return;
            _armedFor = next;
            var wait = next - Now;
            _timer.Change(wait > TimeSpan.Zero ? wait.ForTimer() : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        bool start;
        bool stuck;
        var timedOut = false;
        bool late;
        lock (Gate)
        {
            var now = Now;
            _armedFor = Instant.MaxValue;
            late = now >= _closeDeadline;
            stuck = now >= Sender.StuckAt;
            if (_end is null)
            {
                foreach (var state in Session.HandleDeadline(now))
                    ((YamuxStream)state.Owner!).OnReset(byPeer: false);
                timedOut = Session.IsTimedOut;
            }

            start = Sender.TryStart();
        }

        if (start)
            Sender.Run();
        if (stuck)
            Fail(ConnectionCloseReason.TransportFailure, "The transport has taken nothing for too long.");
        else if (timedOut)
            Fail(ConnectionCloseReason.KeepAliveTimeout, "The peer has shown no sign of life.");
        else if (late)
            Release();
        else
            EndIfPeerLeft();
        Schedule();
    }

    /// <summary>Everything above the transport ends now; what was written can still go out. Under the gate.</summary>
    private void End(ConnectionClosedException end)
    {
        _end = end;
        foreach (var state in Session.Streams)
            ((YamuxStream)state.Owner!).OnConnectionEnded(end);
        _accepting?.End();
        while (_openers is not null && _openers.TryDequeue(out var opener))
            opener.TrySetResult();
        Session.End();
    }

    /// <summary>Lets what was written go out, then a GoAway, then the end; bounded in time. Begins under the gate.</summary>
    private async Task SayGoodbyeAsync(uint code, bool waitForPeer)
    {
        Session.SendGoAway(code);
        _closeDeadline = Now + Options.CloseTimeout;
        await Task.Yield();
        Schedule();
        try
        {
            bool start;
            lock (Gate)
                start = Sender.TryStart();
            if (start)
                Sender.Run();
            Task idle;
            lock (Gate)
                idle = Sender.WhenIdle();
            await idle.ConfigureAwait(false);
            await _secure.ShutdownAsync().ConfigureAwait(false);
            if (waitForPeer)
                await _receiver.Ended.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The transport is gone already: there is nobody left to say goodbye to.
        }

        Release();
    }

    /// <summary>Lets go of the transport. Idempotent.</summary>
    private void Release()
    {
        ConnectionClosedException end;
        lock (Gate)
        {
            end = _end!;
            _closeDeadline = Instant.MaxValue;
            Sender.Stop();
        }

        _secure.Abort();
        _timer.Dispose();
        if (!_closed.TrySetResult(end))
            return;
        Scope.Dispose();
        _ = DisposeSecureAsync();
    }

    private async Task DisposeSecureAsync()
    {
        try
        {
            await _secure.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Nobody is left to be told that an aborted connection ended untidily.
        }
    }
}
