using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Connections.Security.Noise;
using PeerNet.Connections.Transports.Memory;
using PeerNet.Connections.Transports.Tcp;
using PeerNet.Connections.Upgrade;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Dialing;
using PeerNet.Swarm.Streams;
using PeerNet.Testing.Streams;

namespace PeerNet.Testing.Nodes;

/// <summary>
/// A swarm on the real ladder, Noise and Yamux, over memory or over TCP on this machine. Protocols under test are put on top by the test.
/// </summary>
public sealed class TestNode : IAsyncDisposable
{
    // On a machine that runs many tests at once the ordinary deadlines are too short for the first connection of a process.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private TestNode(SwarmHost swarm) => Swarm = swarm;

    public SwarmHost Swarm { get; }

    public PeerId Id => Swarm.LocalPeer;

    /// <summary>Where it listens, with its id at the end.</summary>
    public Multiaddress Address => Swarm.ListenAddresses[0].WithPeerId(Id);

    /// <summary>Starts a node that listens in a network inside this process; only nodes with the same network see each other.</summary>
    /// <param name="network">The network.</param>
    /// <param name="seed">Makes its key: the same seed, the same id.</param>
    /// <param name="time">The clock of everything in it.</param>
    /// <param name="options">The swarm's settings.</param>
    public static Task<TestNode> StartInMemoryAsync(MemoryNetwork network, byte seed, TimeProvider? time = null, SwarmOptions? options = null)
        => StartAsync(new MemoryTransport(network), "/memory/0", PeerStreamPair.KeyOf(seed), time, options ?? SwarmOptions.Default, new UpgradeOptions());

    /// <summary>Starts a node that listens on a free TCP port of the loopback interface, with patience for slow peers.</summary>
    public static Task<TestNode> StartOnLoopbackAsync(PrivateKey key)
    {
        var options = SwarmOptions.Default with
        {
            Dialing = new DialOptions { PeerTimeout = Patience, AddressTimeout = Patience, PrivateAddressTimeout = Patience },
            Streams = new StreamLimits { NegotiationTimeout = Patience },
        };
        return StartAsync(new TcpTransport(), "/ip4/127.0.0.1/tcp/0", key, null, options, new UpgradeOptions { InboundTimeout = Patience, OutboundTimeout = Patience });
    }

    /// <summary>Connects to another node.</summary>
    public ValueTask<PeerConnection> ConnectAsync(TestNode other, CancellationToken token = default) => Swarm.ConnectAsync(other.Address, null, token);

    /// <summary>Connects to an address that ends in a peer's id.</summary>
    public ValueTask<PeerConnection> ConnectAsync(string address, CancellationToken token = default)
        => Swarm.ConnectAsync(Multiaddress.Parse(address), null, token);

    /// <summary>Ends the swarm without waiting for handlers: in virtual time nobody would move the clock meanwhile.</summary>
    public async ValueTask DisposeAsync() => await Swarm.ShutdownAsync(TimeSpan.Zero);

    private static async Task<TestNode> StartAsync(
        IRawTransport raw, string listen, PrivateKey key, TimeProvider? time, SwarmOptions options, UpgradeOptions upgrade)
    {
        var clock = time ?? TimeProvider.System;
        var upgrader = new ConnectionUpgrader(key.PeerId, [new NoiseProtocol(key)], [new YamuxMuxer()], options: upgrade, time: clock);
        var swarm = new SwarmHost(options, new SwarmServices
        {
            Identity = key,
            Transports = [new UpgradingTransport(raw, upgrader)],
            Negotiator = new MultistreamNegotiator(clock),
            Time = clock,
        });
        await swarm.ListenAsync(Multiaddress.Parse(listen));
        return new TestNode(swarm);
    }
}
