using System.Net.Security;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// The byte stream inside a WebSocket: binary frames whose boundaries mean nothing. Sends of up to 64 KiB are one frame; received bytes go
/// straight into the caller's buffer. Its layers are WebSocket, TLS for <c>wss</c>, and the TCP connection.
/// </summary>
internal sealed class WebSocketConnection : RawConnection
{
    /// <summary>Implementation limit: the body of a frame, which the framework copies before it sends.</summary>
    private const int MaxBodyBytes = 64 * 1024;

    private readonly System.Net.WebSockets.WebSocket _socket;
    private readonly RawConnection _tcp;
    private readonly TcpStream _tcpStream;
    private readonly SslStream? _tls;
    private int _ended;
    private bool _peerEnded;

    public WebSocketConnection(System.Net.WebSockets.WebSocket socket, RawConnection tcp, TcpStream tcpStream, SslStream? tls, Multiaddress local, Multiaddress remote)
    {
        _socket = socket;
        _tcp = tcp;
        _tcpStream = tcpStream;
        _tls = tls;
        LocalAddress = local;
        RemoteAddress = remote;
    }

    public override Multiaddress LocalAddress { get; }

    public override Multiaddress RemoteAddress { get; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (_peerEnded)
            return 0;
        try
        {
            while (true)
            {
                var result = await _socket.ReceiveAsync(buffer, token).ConfigureAwait(false);
                if (result.MessageType == WebSocketMessageType.Close)
                    return EndOfPeer();
                if (result.MessageType != WebSocketMessageType.Binary)
                    throw Violation("The peer sent a text frame.", null);

                // An empty frame says nothing.
                if (result.Count > 0 || buffer.IsEmpty)
                    return result.Count;
            }
        }
        catch (Exception error) when (IsFailure(error, token))
        {
            if (!_tcpStream.HasEnded || Volatile.Read(ref _ended) != 0 || IsViolation(error))
                throw Closed(error);

            // TCP ended in good order, though WebSocket did not say goodbye.
            _peerEnded = true;
            return 0;
        }
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        try
        {
            do
            {
                var body = buffer[..Math.Min(buffer.Length, MaxBodyBytes)];
                await _socket.SendAsync(body, WebSocketMessageType.Binary, true, token).ConfigureAwait(false);
                buffer = buffer[body.Length..];
            }
            while (!buffer.IsEmpty);
        }
        catch (Exception error) when (IsFailure(error, token))
        {
            throw Closed(error);
        }
    }

    /// <summary>There is no half-close here: the peer learns that nothing more comes, and is expected to end as well.</summary>
    public override async ValueTask ShutdownAsync(CancellationToken token = default)
    {
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, token).ConfigureAwait(false);
            if (_tls is not null)
                await _tls.ShutdownAsync().WaitAsync(token).ConfigureAwait(false);
            await _tcp.ShutdownAsync(token).ConfigureAwait(false);
        }
        catch (Exception error) when (IsFailure(error, token))
        {
            throw Closed(error);
        }
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
            return;

        // The TCP connection first: whatever the layers above do while they end, the peer sees what it has to see.
        _tcp.Abort();
        _socket.Dispose();
        _tls?.Dispose();
    }

    private static bool IsFailure(Exception error, CancellationToken token)
        => error is WebSocketException or IOException or ObjectDisposedException or InvalidOperationException
            || error is OperationCanceledException && !token.IsCancellationRequested;

    // The guard's complaint arrives wrapped; the WebSocket's own have no cause.
    private static bool IsViolation(Exception error)
        => error is WebSocketException { InnerException: InvalidDataException } or WebSocketException { WebSocketErrorCode: WebSocketError.Faulted, InnerException: null };

    /// <summary>Codes 1000 and none at all are the end; every other code says that something went wrong at the peer.</summary>
    private int EndOfPeer()
    {
        _peerEnded = true;
        if (_socket.CloseStatus is null or WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.Empty)
            return 0;
        throw new ConnectionClosedException(ConnectionCloseReason.TransportFailure, $"The peer closed the WebSocket with code {(int)_socket.CloseStatus}.");
    }

    private ConnectionClosedException Closed(Exception error)
    {
        if (Volatile.Read(ref _ended) != 0)
            return new ConnectionClosedException(ConnectionCloseReason.Local, "The WebSocket was ended by this node.", 0, error);
        if (IsViolation(error))
            return Violation((error.InnerException ?? error).Message, error);
        return new ConnectionClosedException(ConnectionCloseReason.TransportFailure, $"The WebSocket failed: {error.Message}", 0, error);
    }

    private ConnectionClosedException Violation(string message, Exception? error)
    {
        var violation = new ConnectionClosedException(ConnectionCloseReason.ProtocolViolation, message, 0, error);
        Abort();
        return violation;
    }
}
