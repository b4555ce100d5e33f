using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <content>What this end sends.</content>
internal sealed partial class YamuxSession
{
    private Queue<uint>? _pongs;
    private Queue<(uint StreamId, uint Code)>? _refusals;
    private YamuxStreamState? _firstDue;
    private YamuxStreamState? _lastDue;
    private YamuxStreamState? _firstFinished;
    private uint? _goAwayDue;
    private bool _goAwaySent;
    private bool _pingIsUrgent;

    /// <summary>
    /// Whether a control frame waits that nothing else need be waited for. An opening ping is none: it goes with the first other frame.
    /// </summary>
    public bool HasControlDue => _firstDue is not null || _pongs?.Count > 0 || _refusals?.Count > 0 || _goAwayDue is not null || _pingIsUrgent;

    /// <summary>Window updates sent so far.</summary>
    public long GrantsSent { get; private set; }

    /// <summary>The next stream that left the session with a frame that was taken; null when there is none.</summary>
    public YamuxStreamState? TakeFinished()
    {
        var stream = _firstFinished;
        _firstFinished = stream?.NextDue;
        if (stream is not null)
            stream.NextDue = null;
        return stream;
    }

    /// <summary>Says goodbye, after everything else that is due.</summary>
    public void SendGoAway(uint code)
    {
        if (_goAwaySent)
            return;
        _goAwaySent = true;
        _goAwayDue = code;
    }

    /// <summary>
    /// The header of a data frame. Uses the stream's window and takes along the SYN or ACK that is still to be sent.
    /// </summary>
    public YamuxHeader StartData(YamuxStreamState stream, int length)
    {
        stream.SendWindow.Use(length);
        return new YamuxHeader(YamuxFrameType.Data, TakeOpeningFlags(stream), stream.Id, (uint)length);
    }

    /// <summary>Writes due control frames, as many as fit, and answers how many bytes that made.</summary>
    public int TakeControlFrames(Span<byte> destination, Instant now)
    {
        var written = 0;
        while (destination.Length - written >= YamuxProtocol.HeaderBytes && TryTakeFrame(now, out var frame))
        {
            frame.Encode(destination[written..]);
            written += YamuxProtocol.HeaderBytes;
        }

        return written;
    }

    private bool TryTakeFrame(Instant now, out YamuxHeader frame)
    {
        if (_pongs is not null && _pongs.TryDequeue(out var value))
        {
            frame = new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Ack, 0, value);
            return true;
        }

        if (_pings.IsDue && !_goAwaySent)
        {
            _pingIsUrgent = false;
            frame = new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, _pings.Send(now));
            return true;
        }

        if (_refusals is not null && _refusals.TryDequeue(out var refusal))
        {
            frame = new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, refusal.StreamId, refusal.Code);
            return true;
        }

        while (_firstDue is { } stream)
        {
            _firstDue = stream.NextDue;
            _lastDue = _firstDue is null ? null : _lastDue;
            stream.NextDue = null;
            stream.IsDue = false;
            if (TryTakeStreamFrame(stream, out frame))
                return true;
        }

        if (_goAwayDue is { } code)
        {
            _goAwayDue = null;
            frame = new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, code);
            return true;
        }

        frame = default;
        return false;
    }

    /// <summary>All that a stream has to say, in one frame; false when it has gone with data in the meantime.</summary>
    private bool TryTakeStreamFrame(YamuxStreamState stream, out YamuxHeader frame)
    {
        if (stream.RstPending)
        {
            stream.RstPending = false;
            Finish(stream);
            frame = new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, stream.Id, stream.ResetCode);
            return true;
        }

        frame = default;
        if (stream.IsReset)
            return false;
        var flags = TakeOpeningFlags(stream);
        if (stream.FinPending)
        {
            stream.FinPending = false;
            stream.LocalFinished = true;
            flags |= YamuxFlags.Fin;
        }

        if (flags == YamuxFlags.None && stream.GrantPending == 0)
            return false;
        frame = new YamuxHeader(YamuxFrameType.WindowUpdate, flags, stream.Id, stream.GrantPending);
        if (stream.GrantPending > 0)
            GrantsSent++;
        stream.GrantPending = 0;
        if (stream.IsFinished)
            Finish(stream);
        return true;
    }

    private void Finish(YamuxStreamState stream)
    {
        Remove(stream);
        stream.NextDue = _firstFinished;
        _firstFinished = stream;
    }

    private static YamuxFlags TakeOpeningFlags(YamuxStreamState stream)
    {
        var flags = stream.SynPending ? YamuxFlags.Syn : stream.AckPending ? YamuxFlags.Ack : YamuxFlags.None;
        stream.SynPending = stream.AckPending = false;
        return flags;
    }

    private void MarkDue(YamuxStreamState stream)
    {
        if (stream.IsDue)
            return;
        stream.IsDue = true;
        if (_lastDue is null)
            _firstDue = stream;
        else
            _lastDue.NextDue = stream;
        _lastDue = stream;
    }

    private bool TryAddPong(uint value)
    {
        _pongs ??= new Queue<uint>(2);
        if (_pongs.Count >= YamuxProtocol.MaxPendingPongs)
            return false;
        _pongs.Enqueue(value);
        return true;
    }

    private bool TryRefuse(uint streamId, uint code)
    {
        _refusals ??= new Queue<(uint, uint)>(4);
        if (_refusals.Count >= YamuxProtocol.MaxPendingRefusals)
            return false;
        _refusals.Enqueue((streamId, code));
        return true;
    }
}
