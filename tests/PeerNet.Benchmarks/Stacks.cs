using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Upgrade;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;
using PeerNet.Testing.Connections;

namespace PeerNet.Benchmarks;

/// <summary>Connected pairs, both ends in this process.</summary>
internal static class Stacks
{
    public static IReadOnlyDictionary<string, Func<Task<(MuxedConnection Dialer, MuxedConnection Listener)>>> All { get; }
        = new Dictionary<string, Func<Task<(MuxedConnection, MuxedConnection)>>>(StringComparer.Ordinal)
        {
            ["memory"] = MemoryAsync,
            ["tcp+noise"] = TcpNoiseAsync,
        };

    /// <summary>The largest receive window, to see what it is worth.</summary>
    public static int WindowBytes { get; set; } = new YamuxOptions().MaxStreamWindowBytes;

    private static Task<(MuxedConnection, MuxedConnection)> MemoryAsync()
    {
        var (dialer, listener) = MemoryConnections.CreateSecurePair();
        return Task.FromResult((Start(dialer, Direction.Outbound), Start(listener, Direction.Inbound)));

        static MuxedConnection Start(SecureConnection secure, Direction direction) => new YamuxMuxer().Create(secure, new MuxerContext
        {
            IsInitiator = direction == Direction.Outbound,
            Description = MemoryConnections.Describe(secure, direction, "/yamux/1.0.0"),
            Scope = UnlimitedResources.Connection,
            Time = TimeProvider.System,
        });
    }

    private static async Task<(MuxedConnection, MuxedConnection)> TcpNoiseAsync()
    {
        var dialing = Create(MemoryConnections.DialerKey);
        var listening = Create(MemoryConnections.ListenerKey);
        var listener = await listening.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0"), new AdmitAll()).ConfigureAwait(false);
        var dial = dialing.DialAsync(listener.Address, new TransportDial { Scope = UnlimitedResources.Connection }).AsTask();
        var accepted = await listener.AcceptAsync().ConfigureAwait(false);
        return (await dial.ConfigureAwait(false), accepted!);

        static UpgradingTransport Create(PeerNet.Identity.PrivateKey key)
            => new(new TcpTransport(), new ConnectionUpgrader(key.PeerId, [new NoiseProtocol(key)], [new YamuxMuxer(new YamuxOptions { MaxStreamWindowBytes = WindowBytes })]));
    }

    /// <summary>The layers below the multiplexer alone: what any multiplexer is measured against.</summary>
    public static async Task<(SecureConnection Dialer, SecureConnection Listener)> SecureTcpAsync()
    {
        var transport = new TcpTransport();
        await using var listener = await transport.ListenAsync(Multiaddress.Parse("/ip4/127.0.0.1/tcp/0")).ConfigureAwait(false);
        var dial = transport.DialAsync(listener.Address, reusePort: false).AsTask();
        var inbound = (await listener.AcceptAsync().ConfigureAwait(false))!;
        var listening = new NoiseProtocol(MemoryConnections.ListenerKey).SecureAsync(
            await inbound.OpenAsync().ConfigureAwait(false), new SecurityContext { IsInitiator = false }, default).AsTask();
        var dialing = await new NoiseProtocol(MemoryConnections.DialerKey).SecureAsync(
            await dial.ConfigureAwait(false), new SecurityContext { IsInitiator = true }, default).ConfigureAwait(false);
        return (dialing, await listening.ConfigureAwait(false));
    }

    private sealed class AdmitAll : IInboundAdmission
    {
        public IConnectionScope? Admit(Multiaddress local, Multiaddress remote) => UnlimitedResources.Connection;

        public void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error) => Console.WriteLine(error);
    }
}
