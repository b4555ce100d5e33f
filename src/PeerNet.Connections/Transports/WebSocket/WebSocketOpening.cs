using System.Buffers;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Authentication;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// Turns a TCP connection into a WebSocket: TLS where the address says so, then the HTTP upgrade. Deadlines come with the token; on any failure
/// the TCP connection is ended.
/// </summary>
internal static class WebSocketOpening
{
    private static readonly WebSocketCreationOptions ClientOptions = new() { IsServer = false, KeepAliveInterval = TimeSpan.Zero };
    private static readonly WebSocketCreationOptions ServerOptions = new() { IsServer = true, KeepAliveInterval = TimeSpan.Zero };

    private delegate OperationStatus Judge(ReadOnlySpan<byte> source, out int consumed, out byte[]? response, out string? fault);

    /// <summary>Asks a server.</summary>
    /// <exception cref="HandshakeException">TLS or the server refused.</exception>
    public static ValueTask<WebSocketConnection> ConnectAsync(
        RawConnection tcp, WebSocketTarget target, SslClientAuthenticationOptions? tlsOptions, string host, Multiaddress remote, CancellationToken token)
        => OpenAsync(tcp, async (stream, tls) =>
        {
            if (tls is not null)
                await tls.AuthenticateAsClientAsync(tlsOptions!, token).ConfigureAwait(false);
            var key = WebSocketUpgrade.CreateKey();
            await stream.WriteAsync(WebSocketUpgrade.Request(target.Path ?? "/", host, key), token).ConfigureAwait(false);
            var early = await ReadHeadAsync(
                stream,
                (ReadOnlySpan<byte> source, out int consumed, out byte[]? response, out string? fault) =>
                {
                    response = null;
                    return WebSocketUpgrade.JudgeResponse(source, key, out consumed, out fault);
                },
                token).ConfigureAwait(false);
            return System.Net.WebSockets.WebSocket.CreateFromStream(new FrameStream(early, stream, false), ClientOptions);
        }, target, target.ConnectionAddress(tcp.LocalAddress), remote, token);

    /// <summary>Answers a client.</summary>
    /// <exception cref="HandshakeException">TLS failed, or the client did not ask for a WebSocket; it has been told.</exception>
    public static ValueTask<WebSocketConnection> AcceptAsync(
        RawConnection tcp, WebSocketTarget target, SslServerAuthenticationOptions? tlsOptions, CancellationToken token)
        => OpenAsync(tcp, async (stream, tls) =>
        {
            if (tls is not null)
                await tls.AuthenticateAsServerAsync(tlsOptions!, token).ConfigureAwait(false);
            var early = await ReadHeadAsync(
                stream,
                (ReadOnlySpan<byte> source, out int consumed, out byte[]? response, out string? fault)
                    => WebSocketUpgrade.JudgeRequest(source, target.Path, out consumed, out response, out fault),
                token).ConfigureAwait(false);
            return System.Net.WebSockets.WebSocket.CreateFromStream(new FrameStream(early, stream, true), ServerOptions);
        }, target, target.ListeningAddress(tcp.LocalAddress), target.ConnectionAddress(tcp.RemoteAddress), token);

    private static async ValueTask<WebSocketConnection> OpenAsync(
        RawConnection tcp, Func<Stream, SslStream?, Task<System.Net.WebSockets.WebSocket>> open, WebSocketTarget target, Multiaddress local, Multiaddress remote, CancellationToken token)
    {
        var tcpStream = new TcpStream(tcp);
        var tls = target.IsSecure ? new SslStream(tcpStream, leaveInnerStreamOpen: true) : null;
        try
        {
            var socket = await open(tls ?? (Stream)tcpStream, tls).ConfigureAwait(false);
            return new WebSocketConnection(socket, tcp, tcpStream, tls, local, remote);
        }
        catch (Exception error)
        {
            tcp.Abort();
            tls?.Dispose();
            token.ThrowIfCancellationRequested();
            throw error switch
            {
                AuthenticationException => new HandshakeException(HandshakeFailure.Unauthenticated, $"TLS failed: {error.Message}", error),
                IOException => new HandshakeException(HandshakeFailure.Closed, $"The connection failed before it was a WebSocket: {error.Message}", error),
                _ => error,
            };
        }
    }

    /// <summary>Reads and judges an HTTP head, answers it where there is something to answer, and returns what came behind it.</summary>
    private static async ValueTask<ReadOnlyMemory<byte>> ReadHeadAsync(Stream stream, Judge judge, CancellationToken token)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(HttpHead.MaxBytes);
        try
        {
            for (var length = 0; ;)
            {
                // The bound holds whatever the pool has rented out.
                var received = await stream.ReadAsync(buffer.AsMemory(length, HttpHead.MaxBytes - length), token).ConfigureAwait(false);
                if (received == 0)
                    throw new HandshakeException(HandshakeFailure.Closed, "The peer ended the connection before it was a WebSocket.");
                length += received;
                var status = judge(buffer.AsSpan(0, length), out var consumed, out var response, out var fault);
                if (status == OperationStatus.NeedMoreData)
                    continue;
                if (response is not null)
                    await stream.WriteAsync(response, token).ConfigureAwait(false);
                if (status == OperationStatus.Done)
                    return buffer.AsMemory(consumed, length - consumed).ToArray();
                if (response is not null)
                    await EndAsync(stream, token).ConfigureAwait(false);
                throw new HandshakeException(HandshakeFailure.Malformed, $"No WebSocket: {fault}.");
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Lets an answer arrive before the connection is torn down.</summary>
    private static async ValueTask EndAsync(Stream stream, CancellationToken token)
    {
        if (stream is SslStream tls)
            await tls.ShutdownAsync().WaitAsync(token).ConfigureAwait(false);
        else if (stream is TcpStream raw)
            await raw.ShutdownAsync(token).ConfigureAwait(false);
    }
}
