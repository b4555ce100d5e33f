using System.Net;
using System.Net.Sockets;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>A listening TCP socket.</summary>
internal sealed class TcpListener : IRawListener
{
    private readonly Socket _socket;
    private readonly TcpOptions _options;
    private readonly ListeningPorts _ports;
    private readonly IPEndPoint _endPoint;
    private int _disposed;

    public TcpListener(Socket socket, TcpOptions options, ListeningPorts ports)
    {
        _socket = socket;
        _options = options;
        _ports = ports;
        _endPoint = (IPEndPoint)socket.LocalEndPoint!;
        Address = TcpAddress.FromEndPoint(_endPoint);
        ports.Add(_endPoint);
    }

    public Multiaddress Address { get; }

    public async ValueTask<IRawInbound?> AcceptAsync(CancellationToken token = default)
        => await AcceptTcpAsync(token).ConfigureAwait(false) is { } connection ? new TcpInbound(connection) : null;

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _ports.Remove(_endPoint);
            _socket.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The next connection; null once the listener is closed.</summary>
    internal async ValueTask<TcpConnection?> AcceptTcpAsync(CancellationToken token)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _socket.AcceptAsync(token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is ObjectDisposedException || Volatile.Read(ref _disposed) != 0 && error is SocketException)
            {
                return null;
            }

            try
            {
                TcpSocket.Configure(socket, _options);
                return new TcpConnection(socket, TcpAddress.FromEndPoint((IPEndPoint)socket.LocalEndPoint!), TcpAddress.FromEndPoint((IPEndPoint)socket.RemoteEndPoint!));
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // It was gone before it was accepted; the next one is not to suffer for it.
                socket.Dispose();
            }
        }
    }
}
