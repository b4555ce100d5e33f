using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Security.Tls;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Transports.WebSocket;
using PeerNet.Connections.Upgrade;
using PeerNet.ConformanceTests.Transports;
using PeerNet.Core.Connections;
using PeerNet.Core.Transports;
using PeerNet.Identity;

namespace PeerNet.ConformanceTests.Stacks;

/// <summary>One row of the table: a transport, the security on it and the multiplexer on that. Another transport is another row.</summary>
internal sealed record Stack(string Name, string ListenAddress, Func<IRawTransport> Transport, Func<PrivateKey, ISecurityProtocol> Security)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TcpOptions Tcp = new() { ConnectTimeout = Patience };

    private static readonly MemoryNetwork Network = new();

    private static readonly Func<PrivateKey, ISecurityProtocol> Noise = key => new NoiseProtocol(key);
    private static readonly Func<PrivateKey, ISecurityProtocol> Tls = key => new TlsProtocol(key);

    public static IReadOnlyList<Stack> All { get; } =
    [
        new("TCP / Noise / Yamux", "/ip4/127.0.0.1/tcp/0", () => new TcpTransport(Tcp), Noise),
        new("TCP / TLS / Yamux", "/ip4/127.0.0.1/tcp/0", () => new TcpTransport(Tcp), Tls),
        new("WebSocket / Noise / Yamux", "/ip4/127.0.0.1/tcp/0/ws", () => new WebSocketTransport(new WebSocketOptions { Tcp = Tcp, HandshakeTimeout = Patience }), Noise),
        new("WebSocket / TLS / Yamux", "/ip4/127.0.0.1/tcp/0/ws", () => new WebSocketTransport(new WebSocketOptions { Tcp = Tcp, HandshakeTimeout = Patience }), Tls),
        new("Secure WebSocket / Noise / Yamux", "/ip4/127.0.0.1/tcp/0/tls/ws", SecureWebSocket, Noise),
        new("Memory / Noise / Yamux", "/memory/0", () => new MemoryTransport(Network), Noise),
    ];

    /// <summary>Makes the whole transport for an identity.</summary>
    public UpgradingTransport Create(PrivateKey key, int maxPendingInbound = UpgradeOptions.DefaultMaxPendingInbound)
        => new(Transport(), new ConnectionUpgrader(key.PeerId, [Security(key)], [new YamuxMuxer(new YamuxOptions { KeepAliveTimeout = Patience })], options: new UpgradeOptions
        {
            // No law here is about time, and the machine may be busy.
            InboundTimeout = Patience,
            OutboundTimeout = Patience,
            MaxPendingInbound = maxPendingInbound,
        }));

    public override string ToString() => Name;

    private static WebSocketTransport SecureWebSocket()
        => new(new WebSocketOptions
        {
            Tcp = Tcp,
            HandshakeTimeout = Patience,
            ServerCertificate = SecureWebSocketTransportTests.Certificate,
            AllowUntrustedCertificates = true,
        });
}
