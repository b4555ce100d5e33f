using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// Raw connections over WebSocket, plain and inside TLS: <c>/ip4|ip6/…/tcp/PORT</c> with <c>/ws</c>, <c>/wss</c>, <c>/tls/ws</c> or
/// <c>/tls/sni/NAME/ws</c>. Listeners on TLS need <see cref="WebSocketOptions.ServerCertificate"/>. Thread-safe.
/// </summary>
public sealed class WebSocketTransport : IRawTransport
{
    // A browser offers it, and a server that also speaks HTTP/2 needs to be told.
    private static readonly List<SslApplicationProtocol> Alpn = [SslApplicationProtocol.Http11];

    private readonly WebSocketOptions _options;
    private readonly TimeProvider _time;
    private readonly TcpTransport _tcp;
    private readonly SslServerAuthenticationOptions? _serverTls;

    /// <summary>Creates the transport.</summary>
    public WebSocketTransport(WebSocketOptions? options = null, TimeProvider? time = null)
    {
        _options = options ?? new WebSocketOptions();
        _time = time ?? TimeProvider.System;
        _tcp = new TcpTransport(_options.Tcp, _time);
        if (_options.ServerCertificate is { } certificate)
        {
            _serverTls = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
                ApplicationProtocols = Alpn,
            };
        }
    }

    /// <inheritdoc />
    public string Name => "ws";

    /// <inheritdoc />
    public bool UsesFileDescriptors => true;

    /// <inheritdoc />
    public bool CanDial(Multiaddress address) => WebSocketTarget.TryParse(address, out var target) && _tcp.CanDial(target.Tcp);

    /// <inheritdoc />
    public bool CanListen(Multiaddress address)
        => WebSocketTarget.TryParse(address, out var target) && _tcp.CanListen(target.Tcp) && (!target.IsSecure || _serverTls is not null);

    /// <inheritdoc />
    /// <exception cref="HandshakeException">TLS failed, or the server speaks no WebSocket.</exception>
    public async ValueTask<RawConnection> DialAsync(Multiaddress address, bool reusePort, CancellationToken token = default)
    {
        var target = Parse(address);
        var tcp = await _tcp.ConnectAsync(target.Tcp, reusePort, token).ConfigureAwait(false);
        using var deadline = _time.CreateDeadline(_options.HandshakeTimeout, token);
        try
        {
            var endPoint = TcpAddress.ToEndPoint(target.Tcp);
            return await WebSocketOpening.ConnectAsync(
                tcp, target, ClientTls(target.TlsHost(endPoint)), target.HostHeader(endPoint), address.Decapsulate(MultiaddressCodes.P2p)!, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!token.IsCancellationRequested)
        {
            throw new HandshakeException(HandshakeFailure.TimedOut, "The server did not open the WebSocket in time.", error);
        }
    }

    /// <inheritdoc />
    public ValueTask<IRawListener> ListenAsync(Multiaddress address, CancellationToken token = default)
    {
        var target = Parse(address);
        if (target.IsSecure && _serverTls is null)
            throw new InvalidOperationException($"{address} needs a server certificate in the options.");
        return new ValueTask<IRawListener>(new WebSocketListener(_tcp.Listen(target.Tcp), target, target.IsSecure ? _serverTls : null));
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _tcp.DisposeAsync();

    private static WebSocketTarget Parse(Multiaddress address)
        => WebSocketTarget.TryParse(address, out var target)
            ? target
            : throw new SocketException((int)SocketError.AddressNotAvailable, $"{address} is no WebSocket address.");

    private SslClientAuthenticationOptions ClientTls(string host) => new()
    {
        TargetHost = host,
        ApplicationProtocols = Alpn,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = _options.AllowUntrustedCertificates ? static (_, _, _, _) => true : _options.ValidateServerCertificate,
    };
}
