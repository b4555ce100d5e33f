using System.Net.Security;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>A listener for WebSockets. Accepting is accepting TCP; TLS and HTTP wait until the connection is opened.</summary>
internal sealed class WebSocketListener(TcpListener tcp, WebSocketTarget target, SslServerAuthenticationOptions? tls) : IRawListener
{
    public Multiaddress Address { get; } = target.ListeningAddress(tcp.Address);

    public async ValueTask<IRawInbound?> AcceptAsync(CancellationToken token = default)
        => await tcp.AcceptTcpAsync(token).ConfigureAwait(false) is { } connection ? new Inbound(connection, target, tls) : null;

    public ValueTask DisposeAsync() => tcp.DisposeAsync();

    private sealed class Inbound(TcpConnection connection, WebSocketTarget target, SslServerAuthenticationOptions? tls) : IRawInbound
    {
        private TcpConnection? _connection = connection;

        public Multiaddress LocalAddress { get; } = target.ListeningAddress(connection.LocalAddress);

        public Multiaddress RemoteAddress { get; } = target.ConnectionAddress(connection.RemoteAddress);

        public async ValueTask<RawConnection> OpenAsync(CancellationToken token = default)
        {
            var opened = Interlocked.Exchange(ref _connection, null) ?? throw new InvalidOperationException("The connection was opened already.");
            return await WebSocketOpening.AcceptAsync(opened, target, tls, token).ConfigureAwait(false);
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Exchange(ref _connection, null)?.Abort();
            return ValueTask.CompletedTask;
        }
    }
}
