using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The pure half of a Yamux connection: streams, windows, pings, limits. It sees headers and lengths, never bodies; it has no lock, clock
/// or task. The driver calls it under one lock, passes the time in, asks <see cref="TakeControlFrames"/> for what is to be sent and
/// <see cref="NextDeadline"/> for when to come back.
/// </summary>
internal sealed partial class YamuxSession
{
    private readonly bool _isInitiator;
    private readonly YamuxOptions _options;
    private readonly IResourceScope _budget;
    private Dictionary<uint, YamuxStreamState>? _streams;
    private PingLedger _pings;
    private RateBudget _peerPings;
    private RateBudget _peerResets;
    private RateBudget _emptyFrames;
    private ulong _nextId;
    private int _inbound;
    private int _unaccepted;
    private int _unacknowledged;
    private int _draining;
    private long _reserved;
    private Instant _lastReceived;
    private Instant _lastProgress;
    private long _sentSinceReceived;
    private bool _isSendBlocked;
    private Instant _openingPingAt;
    private Instant _pingRequestedAt;
    private Instant _shrinkAt;

    /// <summary>Starts a session.</summary>
    /// <param name="isInitiator">Whether this end dialled the connection; its streams have odd ids.</param>
    /// <param name="options">Limits and times.</param>
    /// <param name="budget">Where windows beyond the first 256 KiB are accounted.</param>
    /// <param name="now">The time.</param>
    public YamuxSession(bool isInitiator, YamuxOptions options, IResourceScope budget, Instant now)
    {
        _isInitiator = isInitiator;
        _options = options;
        _budget = budget;
        _nextId = isInitiator ? 1u : 2u;
        _peerPings = new RateBudget(burst: 1000, perSecond: 100, now);
        _peerResets = new RateBudget(burst: 2000, perSecond: 200, now);
        _emptyFrames = new RateBudget(burst: 10_000, perSecond: 1000, now);
        _lastReceived = _lastProgress = now;
        _openingPingAt = now + YamuxProtocol.OpeningPingDelay;
        _shrinkAt = now + options.KeepAliveInterval;
        _pings.Request();
    }

    /// <summary>What the peer did wrong, once <see cref="FrameEffects.Violation"/> was answered.</summary>
    public YamuxViolation Violation { get; private set; }

    /// <summary>The code of the peer's GoAway, once it has come.</summary>
    public uint? PeerGoAway { get; private set; }

    /// <summary>Whether the peer has not shown any life for too long.</summary>
    public bool IsTimedOut { get; private set; }

    /// <summary>Streams in the session.</summary>
    public int StreamCount => _streams?.Count ?? 0;

    /// <summary>The round-trip time; null before the first pong.</summary>
    public TimeSpan? RoundTripTime => _pings.RoundTripTime;

    /// <summary>The largest size that a receive window has had, in bytes.</summary>
    public uint LargestWindow { get; private set; } = YamuxProtocol.InitialWindowBytes;

    /// <summary>All streams, in no order.</summary>
    public IEnumerable<YamuxStreamState> Streams => _streams is null ? [] : _streams.Values;

    /// <summary>Whether ids have run out: the connection then serves its streams and is to be replaced.</summary>
    public bool IsExhausted => _nextId > uint.MaxValue;

    /// <summary>Opens a stream; null while too many are unacknowledged or open. Nothing is sent yet.</summary>
    public YamuxStreamState? TryOpen(Instant now)
    {
        if (_unacknowledged >= YamuxProtocol.AckBacklog || StreamCount >= _options.MaxStreamsBeforeOpenWaits || IsExhausted)
            return null;
        var stream = new YamuxStreamState((uint)_nextId, isOutbound: true, now) { SynPending = true, IsUnacknowledged = true };
        _nextId += 2;
        _unacknowledged++;
        (_streams ??= []).Add(stream.Id, stream);
        return stream;
    }

    /// <summary>The stream was handed to somebody. Its acknowledgement rides on its next frame, or goes on <see cref="RequestOpening"/>.</summary>
    public void Accept(YamuxStreamState stream)
    {
        if (!stream.IsUnaccepted)
            return;
        stream.IsUnaccepted = false;
        _unaccepted--;
        stream.AckPending = !stream.IsReset;
    }

    /// <summary>Sends the stream's SYN or ACK now, if it has not gone with other frames.</summary>
    public void RequestOpening(YamuxStreamState stream)
    {
        if ((stream.SynPending || stream.AckPending) && !stream.IsReset)
            MarkDue(stream);
    }

    /// <summary>Ends this end's direction.</summary>
    public void CloseWrite(YamuxStreamState stream)
    {
        if (!stream.CanSend)
            return;
        stream.FinPending = true;
        MarkDue(stream);
    }

    /// <summary>Nobody reads any more.</summary>
    public void CloseRead(YamuxStreamState stream, Instant now)
    {
        if (stream.ReadClosed || stream.RemoteFinished || stream.IsReset)
            return;
        stream.ReadClosed = true;
        stream.DrainDeadline = now + YamuxProtocol.DrainTime;
        _draining++;
    }

    /// <summary>Resets the stream. A stream that the peer has not heard of just disappears.</summary>
    public void Reset(YamuxStreamState stream, uint code)
    {
        if (stream.IsReset || stream.IsFinished)
            return;
        stream.IsReset = true;
        stream.ResetCode = code;
        if (stream.SynPending)
        {
            Remove(stream);
            return;
        }

        stream.RstPending = true;
        MarkDue(stream);
    }

    /// <summary>Received bytes were consumed, or dropped. Whether that makes a grant worth sending: then call <see cref="Grant"/>.</summary>
    public bool Consume(YamuxStreamState stream, int bytes)
    {
        stream.ReceiveWindow.Consume(bytes);
        return stream.ReceiveWindow.IsGrantDue && !stream.RemoteFinished && !stream.IsReset;
    }

    /// <summary>Returns credit to the peer.</summary>
    public void Grant(YamuxStreamState stream, Instant now)
    {
        if (stream.RemoteFinished || stream.IsReset)
            return;
        if (_pings.IsStale(now))
            _pings.Request();
        stream.GrantPending += stream.ReceiveWindow.Grant(now);
        ReleaseUnused(stream);
        if (stream.GrantPending > 0)
            MarkDue(stream);
    }

    /// <summary>A reader finds nothing to read, and that is the window's fault: it grows.</summary>
    public void OnReaderStarves(YamuxStreamState stream, Instant now)
    {
        if (stream.ReadClosed || stream.RemoteFinished || stream.IsReset || RoundTripTime is not { } rtt)
            return;
        var limit = TimeSpan.FromTicks(Math.Max(2 * rtt.Ticks, YamuxProtocol.MinTuningTime.Ticks));
        if (stream.ReceiveWindow.Starve(now, limit) && TryGrow(stream))
            Grant(stream, now);
    }

    /// <summary>Gives all that is reserved back; the session is not used afterwards.</summary>
    public void End()
    {
        if (_reserved > 0)
            _budget.ReleaseMemory(_reserved);
        _reserved = 0;
        _streams = null;
    }

    private bool TryGrow(YamuxStreamState stream)
    {
        ref var window = ref stream.ReceiveWindow;
        var size = (uint)Math.Min(2L * window.Size, _options.MaxStreamWindowBytes);
        if (size <= window.Size)
            return false;
        var more = size - YamuxProtocol.InitialWindowBytes - stream.ReservedBytes;
        if (more > 0)
        {
            if (_reserved + more > _options.MaxConnectionWindowBytes || !_budget.TryReserveMemory(more, out _))
                return false;
            _reserved += more;
            stream.ReservedBytes += more;
        }

        window.Resize(size);
        LargestWindow = Math.Max(LargestWindow, size);
        return true;
    }

    /// <summary>After a window was made smaller, its memory is given back as the peer uses up the credit it still holds.</summary>
    private void ReleaseUnused(YamuxStreamState stream)
    {
        var unused = stream.ReservedBytes - (stream.ReceiveWindow.Exposure - YamuxProtocol.InitialWindowBytes);
        if (unused > 0)
            Release(stream, unused);
    }

    private void Release(YamuxStreamState stream, long bytes)
    {
        stream.ReservedBytes -= bytes;
        _reserved -= bytes;
        _budget.ReleaseMemory(bytes);
    }

    private void Remove(YamuxStreamState stream)
    {
        if (_streams is null || !_streams.Remove(stream.Id))
            return;
        if (!stream.IsOutbound)
            _inbound--;
        if (stream.IsUnacknowledged)
            _unacknowledged--;
        if (stream.IsUnaccepted)
            _unaccepted--;
        if (stream.ReadClosed)
            _draining--;
        stream.IsUnacknowledged = stream.IsUnaccepted = false;
        if (stream.ReservedBytes > 0)
            Release(stream, stream.ReservedBytes);
    }
}
