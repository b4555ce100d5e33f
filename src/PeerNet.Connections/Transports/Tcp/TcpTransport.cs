using System.Net;
using System.Net.Sockets;
using PeerNet.Core.Connections;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>Raw connections over TCP: <c>/ip4|ip6/…/tcp/PORT</c>. Thread-safe.</summary>
public sealed class TcpTransport : IRawTransport
{
    private readonly TcpOptions _options;
    private readonly TimeProvider _time;
    private readonly ListeningPorts _ports = new();

    /// <summary>Creates the transport.</summary>
    public TcpTransport(TcpOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? new TcpOptions();
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc />
    public string Name => "tcp";

    /// <inheritdoc />
    public bool UsesFileDescriptors => true;

    private bool SharesPorts => _options.ReusePort && TcpSocket.CanReusePort;

    /// <inheritdoc />
    public bool CanDial(Multiaddress address) => CanListen(address) && address.TryGetPort(out var port) && port != 0;

    /// <inheritdoc />
    public bool CanListen(Multiaddress address) => address.GetTransport() == MultiaddressTransport.Tcp && !address.IsDns();

    /// <inheritdoc />
    public async ValueTask<RawConnection> DialAsync(Multiaddress address, bool reusePort, CancellationToken token = default)
        => await ConnectAsync(address, reusePort, token).ConfigureAwait(false);

    /// <inheritdoc />
    public ValueTask<IRawListener> ListenAsync(Multiaddress address, CancellationToken token = default) => new(Listen(address));

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal TcpListener Listen(Multiaddress address)
        => new(TcpSocket.Listen(TcpAddress.ToEndPoint(address), _options, SharesPorts), _options, _ports);

    internal async ValueTask<TcpConnection> ConnectAsync(Multiaddress address, bool reusePort, CancellationToken token)
    {
        var target = TcpAddress.ToEndPoint(address);
        using var deadline = _time.CreateDeadline(_options.ConnectTimeout, token);
        try
        {
            var socket = await ConnectAsync(target, reusePort && SharesPorts ? _ports.SourceFor(target) : null, deadline.Token).ConfigureAwait(false);
            return new TcpConnection(socket, TcpAddress.FromEndPoint((IPEndPoint)socket.LocalEndPoint!), address.Decapsulate(MultiaddressCodes.P2p)!);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private async ValueTask<Socket> ConnectAsync(IPEndPoint target, IPEndPoint? source, CancellationToken token)
    {
        if (source is not null)
        {
            try
            {
                return await ConnectFromAsync(target, source, token).ConfigureAwait(false);
            }
            catch (SocketException error) when (IsSourceAtFault(error.SocketErrorCode))
            {
                // Another connection between the same two ports, or no route from that address: any port will do.
            }
        }

        return await ConnectFromAsync(target, null, token).ConfigureAwait(false);
    }

    private static bool IsSourceAtFault(SocketError error)
        => error is SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable or SocketError.InvalidArgument;

    private async ValueTask<Socket> ConnectFromAsync(IPEndPoint target, IPEndPoint? source, CancellationToken token)
    {
        var socket = TcpSocket.Create(target.AddressFamily);
        try
        {
            if (source is not null)
            {
                TcpSocket.AllowPortReuse(socket);
                socket.Bind(source);
            }

            TcpSocket.Configure(socket, _options);
            await socket.ConnectAsync(target, token).ConfigureAwait(false);

            // Dialling a closed port of this machine can pick that very port as its own and meet itself.
            if (Equals(socket.LocalEndPoint, socket.RemoteEndPoint))
                throw new SocketException((int)SocketError.ConnectionRefused);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
