using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The receiving half of the driver: one loop that cuts slices of plaintext into headers and bodies, whatever way they were cut on the
/// way, hands bodies to their streams by reference and wakes each reader once for all that a slice brought.
/// </summary>
internal sealed class YamuxReceiver(YamuxConnection connection, SecureConnection secure)
{
    /// <summary>Slices that are handled before other work of the pool gets its turn.</summary>
    private const int MaxSlicesInARow = 32;

    private readonly byte[] _header = new byte[YamuxProtocol.HeaderBytes];
    private int _headerCount;
    private uint _bodyLeft;
    private YamuxStream? _bodyStream;
    private bool _endAfterBody;
    private YamuxStream? _firstWake;
    private bool _wakeAcceptor;

    /// <summary>Receives until the end. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            for (var row = 1; ; row++)
            {
                var slice = await secure.ReceiveAsync().ConfigureAwait(false);
                if (slice.IsEmpty)
                {
                    OnEnd();
                    return;
                }

                try
                {
                    if (!Handle(slice))
                        return;
                }
                finally
                {
                    slice.Release();
                }

                if (row % MaxSlicesInARow == 0)
                    await Task.Yield();
            }
        }
        catch (ConnectionClosedException e)
        {
            connection.Fail(e.Reason, e.Message, e.Code, e);
        }
        catch (Exception e)
        {
            connection.Fail(ConnectionCloseReason.TransportFailure, "The connection failed while receiving.", inner: e);
        }
    }

    /// <summary>Handles one slice; false when the connection ended over it.</summary>
    private bool Handle(in BufferSlice slice)
    {
        bool start;
        YamuxViolation violation;
        bool peerLeft;
        lock (connection.Gate)
        {
            connection.Counters.BytesReceived += slice.Length + secure.FramePrefixBytes + secure.FrameSuffixBytes;
            if (connection.IsDiscarding)
                return true;
            connection.Session.OnReceived(connection.Now);
            connection.Sender.OnReceived();
            Cut(slice);
            violation = connection.Session.Violation;
            peerLeft = connection.Session.PeerGoAway is not null;
            start = connection.Sender.TryStart();
        }

        Wake();
        if (start)
            connection.Sender.Run();
        if (violation != YamuxViolation.None)
        {
            connection.FailOnViolation(violation);
            return false;
        }

        if (peerLeft)
            connection.EndIfPeerLeft();
        return true;
    }

    private void Cut(in BufferSlice slice)
    {
        var bytes = slice.Span;
        var offset = 0;
        while (offset < bytes.Length)
        {
            if (_bodyLeft > 0)
            {
                var length = (int)Math.Min(_bodyLeft, (uint)(bytes.Length - offset));
                if (_bodyStream is { } stream && stream.Deliver(slice, offset, length))
                    AddWake(stream);
                offset += length;
                _bodyLeft -= (uint)length;
                if (_bodyLeft == 0)
                    EndBody();
            }
            else if (_headerCount == 0 && bytes.Length - offset >= YamuxProtocol.HeaderBytes)
            {
                if (!OnHeader(bytes.Slice(offset, YamuxProtocol.HeaderBytes)))
                    return;
                offset += YamuxProtocol.HeaderBytes;
            }
            else
            {
                var length = Math.Min(YamuxProtocol.HeaderBytes - _headerCount, bytes.Length - offset);
                bytes.Slice(offset, length).CopyTo(_header.AsSpan(_headerCount));
                offset += length;
                _headerCount += length;
                if (_headerCount < YamuxProtocol.HeaderBytes)
                    return;
                _headerCount = 0;
                if (!OnHeader(_header))
                    return;
            }
        }
    }

    private bool OnHeader(ReadOnlySpan<byte> bytes)
    {
        var effects = connection.Session.Receive(bytes, connection.Now, out var header, out var state);
        if ((effects & FrameEffects.Violation) != 0)
            return false;
        if (header.Type == YamuxFrameType.Data)
            _bodyLeft = header.Length;
        if (effects == FrameEffects.None)
        {
            _bodyStream = null;
            return true;
        }

        if ((effects & FrameEffects.OpenRoom) != 0)
            connection.OnOpenRoom();
        if (state is null)
            return true;
        if ((effects & FrameEffects.Opened) != 0)
            _wakeAcceptor |= connection.Accepting.Add(new YamuxStream(connection, state));
        var stream = (YamuxStream)state.Owner!;
        if ((effects & FrameEffects.Reset) != 0)
        {
            connection.Accepting.Remove(stream);
            stream.OnReset(byPeer: true);
        }

        if ((effects & FrameEffects.Credit) != 0)
            connection.Sender.Enqueue(stream);
        _bodyStream = (effects & FrameEffects.Body) != 0 ? stream : null;
        _endAfterBody = (effects & FrameEffects.End) != 0;
        if (_endAfterBody && _bodyLeft == 0)
        {
            _bodyStream = stream;
            EndBody();
        }

        return true;
    }

    private void EndBody()
    {
        if (_endAfterBody && _bodyStream is { } stream && stream.OnRemoteEnded())
            AddWake(stream);
        _endAfterBody = false;
        _bodyStream = null;
    }

    private void AddWake(YamuxStream stream)
    {
        stream.NextWake = _firstWake;
        _firstWake = stream;
    }

    private void Wake()
    {
        while (_firstWake is { } stream)
        {
            _firstWake = stream.NextWake;
            stream.NextWake = null;
            stream.WakeReader();
        }

        if (_wakeAcceptor)
        {
            _wakeAcceptor = false;
            connection.Accepting.Wake();
        }
    }

    private void OnEnd()
    {
        if (_headerCount > 0 || _bodyLeft > 0)
            connection.Fail(ConnectionCloseReason.TransportFailure, "The peer ended the connection in the middle of a frame.");
        else
            connection.Fail(ConnectionCloseReason.Remote, "The peer closed the connection.");
    }
}
