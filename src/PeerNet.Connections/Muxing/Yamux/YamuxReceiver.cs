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

    private FrameCutter _cutter;
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
        ReadOnlySpan<byte> rest = slice.Span;
        Span<byte> header = stackalloc byte[YamuxProtocol.HeaderBytes];
        while (true)
        {
            switch (_cutter.Next(ref rest, header, out var bodyBytes))
            {
                case FramePiece.Header:
                    if (!OnHeader(header))
                        return;
                    break;
                case FramePiece.Body:
                    if (_bodyStream is { } stream && stream.Deliver(slice, slice.Length - rest.Length - bodyBytes, bodyBytes))
                        AddWake(stream);
                    if (_cutter.BodyLeft == 0)
                        EndBody();
                    break;
                default:
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
            _cutter.BeginBody(header.Length);
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
        if (_endAfterBody && _cutter.BodyLeft == 0)
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
        if (_cutter.IsInsideFrame)
            connection.Fail(ConnectionCloseReason.TransportFailure, "The peer ended the connection in the middle of a frame.");
        else
            connection.Fail(ConnectionCloseReason.Remote, "The peer closed the connection.");
    }
}
