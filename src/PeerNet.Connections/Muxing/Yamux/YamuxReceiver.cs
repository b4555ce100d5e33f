using System.Runtime.CompilerServices;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The receiving half of the driver: one loop that cuts slices of plaintext into headers and bodies, whatever way they were cut on the
/// way, hands bodies to their streams by reference and wakes each reader once for all that a slice brought.
/// </summary>
internal sealed class YamuxReceiver(YamuxConnection connection, SecureConnection secure) : IThreadPoolWorkItem
{
    /// <summary>Slices that are handled before other work of the pool gets its turn.</summary>
    private const int MaxSlicesInARow = 32;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConfiguredValueTaskAwaitable<BufferSlice>.ConfiguredValueTaskAwaiter _receive;
    private Action? _onReceived;
    private FrameCutter _cutter;
    private YamuxStream? _bodyStream;
    private bool _endAfterBody;
    private YamuxStream? _firstWake;
    private bool _wakeAcceptor;

    /// <summary>Completes when nothing more is received; it never faults.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Receives until the end. Returns at the first wait and goes on when something came; never throws.</summary>
    public void Execute()
    {
        try
        {
            for (var row = 0; row < MaxSlicesInARow; row++)
            {
#pragma warning disable CA2012 // The awaiter is used once: at once, or by OnReceived.
                var receive = secure.ReceiveAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
                if (!receive.IsCompleted)
                {
                    // Nothing follows: the loop goes on in OnReceived, perhaps before this call has returned.
                    _receive = receive;
                    receive.UnsafeOnCompleted(_onReceived ??= OnReceived);
                    return;
                }

                if (!Handle(receive.GetResult()))
                    return;
            }

            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
        catch (Exception e)
        {
            OnFailed(e);
        }
    }

    private void OnReceived()
    {
        try
        {
            var receive = _receive;
            _receive = default;
            if (!Handle(receive.GetResult()))
                return;
        }
        catch (Exception e)
        {
            OnFailed(e);
            return;
        }

        Execute();
    }

    /// <summary>Handles what one receive brought; false at the end.</summary>
    private bool Handle(BufferSlice slice)
    {
        if (slice.IsEmpty)
        {
            OnEnd();
            return Stop();
        }

        try
        {
            if (!HandleBytes(slice))
                return Stop();
        }
        finally
        {
            slice.Release();
        }

        Wake();
        return true;
    }

    private bool Stop()
    {
        Wake();
        _ended.TrySetResult();
        return false;
    }

    private void OnFailed(Exception e)
    {
        if (e is ConnectionClosedException closed)
            connection.Fail(closed.Reason, closed.Message, closed.Code, closed);
        else
            connection.Fail(ConnectionCloseReason.TransportFailure, "The connection failed while receiving.", inner: e);
        Stop();
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
            connection.Accepting.Wake();
        _wakeAcceptor = false;
    }

    /// <summary>Handles one slice; false when the connection ended over it.</summary>
    private bool HandleBytes(in BufferSlice slice)
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

    private void OnEnd()
    {
        if (_cutter.IsInsideFrame)
            connection.Fail(ConnectionCloseReason.TransportFailure, "The peer ended the connection in the middle of a frame.");
        else
            connection.Fail(ConnectionCloseReason.Remote, "The peer closed the connection.");
    }
}
