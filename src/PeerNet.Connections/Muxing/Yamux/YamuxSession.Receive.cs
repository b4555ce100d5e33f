using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <content>What the peer's frames do.</content>
internal sealed partial class YamuxSession
{
    /// <summary>Something arrived: the peer lives.</summary>
    public void OnReceived(Instant now)
    {
        _lastReceived = now;
        _sentSinceReceived = 0;
    }

    /// <summary>A header arrived. <paramref name="stream"/> is set where an effect concerns one.</summary>
    public FrameEffects Receive(ReadOnlySpan<byte> bytes, Instant now, out YamuxHeader header, out YamuxStreamState? stream)
    {
        stream = null;
        if (!YamuxHeader.TryDecode(bytes, out header))
            return Fail(YamuxViolation.UnknownFrame);
        return header.Type switch
        {
            YamuxFrameType.Ping => ReceivePing(header, now),
            YamuxFrameType.GoAway => ReceiveGoAway(header),
            _ => ReceiveStreamFrame(header, now, out stream),
        };
    }

    private FrameEffects ReceiveStreamFrame(in YamuxHeader header, Instant now, out YamuxStreamState? stream)
    {
        stream = null;
        var effects = FrameEffects.None;
        if (header.Has(YamuxFlags.Syn))
        {
            effects = ReceiveSyn(header, now, out stream);
            if (stream is null)
                return effects;
        }
        else if (_streams is null || !_streams.TryGetValue(header.StreamId, out stream) || stream.IsReset)
        {
            // Frames for streams that have ended here are normal: they crossed our FIN or RST.
            stream = null;
            return FrameEffects.None;
        }

        // A peer that answers a stream in full has seen it, whether it says so or not.
        if ((header.Flags & (YamuxFlags.Ack | YamuxFlags.Fin)) != 0 && stream.IsUnacknowledged)
        {
            stream.IsUnacknowledged = false;
            _unacknowledged--;
            effects |= FrameEffects.OpenRoom;
        }

        if (header.Has(YamuxFlags.Rst))
            return effects | ReceiveReset(header, stream, now);
        if (header.Type == YamuxFrameType.WindowUpdate)
        {
            if (!stream.SendWindow.TryAdd(header.Length))
                return Fail(YamuxViolation.WindowOverflow, stream, effects);
            if (header.Length > 0)
                effects |= FrameEffects.Credit;
            else if ((header.Flags & (YamuxFlags.Syn | YamuxFlags.Ack | YamuxFlags.Fin)) == 0 && !_emptyFrames.TryTake(now))
                return Fail(YamuxViolation.EmptyFrameFlood);
        }
        else if (header.Length > 0)
        {
            // After its FIN a peer has no business sending data, but go-yamux lets it pass; it is dropped.
            if (!stream.RemoteFinished)
            {
                if (!stream.ReceiveWindow.TryReceive(header.Length))
                    return Fail(YamuxViolation.WindowExceeded, stream, effects);
                effects |= FrameEffects.Body;
            }
        }
        else if (header.Flags == YamuxFlags.None && !_emptyFrames.TryTake(now))
        {
            return Fail(YamuxViolation.EmptyFrameFlood);
        }

        if (header.Has(YamuxFlags.Fin) && !stream.RemoteFinished)
        {
            stream.RemoteFinished = true;
            stream.GrantPending = 0;
            effects |= FrameEffects.End;
            if (stream.LocalFinished)
            {
                Remove(stream);
                effects |= FrameEffects.OpenRoom;
            }
        }

        return effects;
    }

    private FrameEffects ReceiveSyn(in YamuxHeader header, Instant now, out YamuxStreamState? stream)
    {
        stream = null;
        if (header.StreamId == 0 || IsOwnId(header.StreamId))
            return Fail(YamuxViolation.WrongStreamId);
        if (_streams is not null && _streams.ContainsKey(header.StreamId))
            return Fail(YamuxViolation.DuplicateStream);
        if (header.Has(YamuxFlags.Rst))
            return _peerResets.TryTake(now) ? FrameEffects.None : Fail(YamuxViolation.ResetFlood);
        if (_goAwaySent || PeerGoAway is not null)
            return FrameEffects.None;
        if (_inbound >= _options.MaxInboundStreams || _unaccepted >= _options.MaxUnacceptedStreams)
            return TryRefuse(header.StreamId, ErrorCodes.StreamResourceLimit) ? FrameEffects.None : Fail(YamuxViolation.StreamFlood);
        stream = new YamuxStreamState(header.StreamId, isOutbound: false, now) { IsUnaccepted = true };
        (_streams ??= []).Add(stream.Id, stream);
        _inbound++;
        _unaccepted++;
        return FrameEffects.Opened;
    }

    private FrameEffects ReceiveReset(in YamuxHeader header, YamuxStreamState stream, Instant now)
    {
        stream.IsReset = true;
        stream.ResetCode = header.Type == YamuxFrameType.WindowUpdate ? header.Length : 0;
        Remove(stream);
        if (!stream.IsOutbound && !_peerResets.TryTake(now))
            return Fail(YamuxViolation.ResetFlood);
        return FrameEffects.Reset | FrameEffects.OpenRoom;
    }

    private FrameEffects ReceivePing(in YamuxHeader header, Instant now)
    {
        // As go-yamux does, the flags decide and the stream id is not looked at.
        if (header.Has(YamuxFlags.Syn))
            return _peerPings.TryTake(now) && TryAddPong(header.Length) ? FrameEffects.None : Fail(YamuxViolation.PingFlood);
        if (!header.Has(YamuxFlags.Ack) || !_pings.TryComplete(header.Length, now))
            return _emptyFrames.TryTake(now) ? FrameEffects.None : Fail(YamuxViolation.EmptyFrameFlood);
        return FrameEffects.None;
    }

    private FrameEffects ReceiveGoAway(in YamuxHeader header)
    {
        PeerGoAway ??= header.Length;
        return FrameEffects.GoAway;
    }

    /// <summary>A stream that the very frame opened is not handed out.</summary>
    private FrameEffects Fail(YamuxViolation violation, YamuxStreamState stream, FrameEffects effects)
    {
        if ((effects & FrameEffects.Opened) != 0)
            Remove(stream);
        return Fail(violation);
    }

    private FrameEffects Fail(YamuxViolation violation)
    {
        Violation = violation;
        return FrameEffects.Violation;
    }

    private bool IsOwnId(uint id) => (id & 1) == (_isInitiator ? 1u : 0u);
}
