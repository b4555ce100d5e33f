using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <content>What happens when nothing happens.</content>
internal sealed partial class YamuxSession
{
    /// <summary>When <see cref="HandleDeadline"/> is to be called. It may move to later times meanwhile; calling too early is harmless.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = KeepAliveDeadline;
            if (_pings is { IsDue: true, RoundTripTime: null } && !_pingIsUrgent)
                next = Instant.Min(next, _openingPingAt);
            if (_reserved > 0)
                next = Instant.Min(next, _shrinkAt);
            if (_draining > 0)
            {
                foreach (var stream in _streams!.Values)
                {
                    if (stream.ReadClosed && !stream.IsReset)
                        next = Instant.Min(next, stream.DrainDeadline);
                }
            }

            return next;
        }
    }

    /// <summary>
    /// Bytes were handed to the transport. They may queue in front of a ping, so a peer that sends nothing meanwhile is given time for them.
    /// </summary>
    public void OnSent(int bytes) => _sentSinceReceived += bytes;

    /// <summary>The transport does not take bytes at once. It has its own deadline, and no pong can be expected.</summary>
    public void OnSendBlocked() => _isSendBlocked = true;

    /// <summary>The transport has taken them after all: the peer's end of it lives.</summary>
    public void OnSendUnblocked(Instant now)
    {
        _isSendBlocked = false;
        _lastProgress = now;
    }

    /// <summary>Does what is due. Answers the streams that were reset because nobody read them and the peer did not end them.</summary>
    public IReadOnlyList<YamuxStreamState> HandleDeadline(Instant now)
    {
        if (now >= KeepAliveDeadline)
        {
            if (_pings.IsOutstanding)
                IsTimedOut = true;
            else
                RequestPing(now);
        }

        if (now >= _openingPingAt && _pings.IsDue && !_pingIsUrgent)
            RequestPing(now);
        if (now >= _shrinkAt)
            ShrinkIdleWindows(now);
        return _draining > 0 ? ResetUndrained(now) : [];
    }

    private Instant KeepAliveDeadline
    {
        get
        {
            if (!_pings.IsOutstanding)
            {
                // A ping that waits for the transport is not asked for again and again meanwhile.
                var silent = _lastReceived + _options.KeepAliveInterval;
                return _pingIsUrgent ? Instant.Max(silent, _pingRequestedAt + _options.KeepAliveTimeout) : silent;
            }

            if (_isSendBlocked)
                return Instant.MaxValue;
            var queueing = Math.Min(_sentSinceReceived / YamuxProtocol.SlowLinkBytesPerSecond, YamuxProtocol.MaxQueueingSeconds);
            return Instant.Max(_pings.SentAt, Instant.Max(_lastReceived, _lastProgress)) + _options.KeepAliveTimeout + TimeSpan.FromSeconds(queueing);
        }
    }

    private void RequestPing(Instant now)
    {
        _pings.Request();
        _pingRequestedAt = now;
        _pingIsUrgent = true;
    }

    private void ShrinkIdleWindows(Instant now)
    {
        _shrinkAt = now + _options.KeepAliveInterval;
        if (_reserved == 0)
            return;
        foreach (var stream in _streams!.Values)
        {
            if (stream.ReservedBytes == 0)
                continue;
            if (stream.ReceiveWindow.IsIdle(now, _options.KeepAliveInterval))
                stream.ReceiveWindow.Resize(Math.Max(stream.ReceiveWindow.Size / 2, YamuxProtocol.InitialWindowBytes));
            ReleaseUnused(stream);
        }
    }

    private List<YamuxStreamState> ResetUndrained(Instant now)
    {
        var late = new List<YamuxStreamState>();
        foreach (var stream in _streams!.Values)
        {
            if (stream is { ReadClosed: true, IsReset: false } && stream.DrainDeadline <= now)
                late.Add(stream);
        }

        foreach (var stream in late)
            Reset(stream, 0);
        return late;
    }
}
