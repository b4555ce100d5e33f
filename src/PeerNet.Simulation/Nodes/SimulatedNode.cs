using Microsoft.Extensions.Logging;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Simulation.Network;
using PeerNet.Swarm;
using PeerNet.Swarm.Resources;

namespace PeerNet.Simulation.Nodes;

/// <summary>A node as applications have it, swarm, identify and hash table, on a host of a simulated network.</summary>
public sealed class SimulatedNode
{
    // As a machine of 8 GiB.
    private static readonly SwarmOptions Options = new() { Resources = ResourceManagerOptions.ScaledTo(1L << 30, 2048) };

    private bool _isLeaving;

    private SimulatedNode(SimulatedNetwork network, SimulatedHost host, SwarmHost swarm, KadOptions options, ILoggerFactory? log)
    {
        Network = network;
        Host = host;
        Swarm = swarm;
        Key = KadKey.Of(swarm.LocalPeer);
        StartedAt = network.Time.Elapsed;
        Identify = new IdentifyService(swarm, loggerFactory: log);
        Kad = new KadService(swarm, options, Records, loggerFactory: log);
    }

    /// <summary>The network.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The machine.</summary>
    public SimulatedHost Host { get; }

    /// <summary>Its connections.</summary>
    public SwarmHost Swarm { get; }

    /// <summary>Its identify.</summary>
    public IdentifyService Identify { get; }

    /// <summary>Its hash table.</summary>
    public KadService Kad { get; }

    /// <summary>The values that it keeps.</summary>
    public MemoryRecordStore Records { get; } = new();

    /// <summary>Its id.</summary>
    public PeerId Peer => Swarm.LocalPeer;

    /// <summary>Its point of the key space.</summary>
    public KadKey Key { get; }

    /// <summary>When it started, on the world's clock.</summary>
    public TimeSpan StartedAt { get; }

    /// <summary>Its address with its id.</summary>
    public Multiaddress Address => Host.Address.WithPeerId(Peer);

    /// <summary>Whether it runs.</summary>
    public bool IsUp => Host.State == HostState.Up && !_isLeaving;

    /// <summary>Starts a node. It listens when this returns.</summary>
    public static SimulatedNode Start(SimulatedNetwork network, SimulatedHost host, PrivateKey identity, KadOptions options, ILoggerFactory? log = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(host);
        var services = new SwarmServices
        {
            Identity = identity,
            Transports = [new SimulatedTransport(network, host, identity)],
            Negotiator = new MultistreamNegotiator(network.Time),
            Time = network.Time,
            Interfaces = host,
        };
        var node = new SimulatedNode(network, host, new SwarmHost(Options, log is null ? services : services with { LoggerFactory = log }), options, log);

        // Nothing is waited for: a simulated listener is there at once.
        var listening = node.Swarm.ListenAsync(host.Address);
        if (!listening.IsCompletedSuccessfully)
            throw new InvalidOperationException($"{host.Address} is not listened on: {listening.Exception}");
        return node;
    }

    /// <summary>The node says farewell and ends.</summary>
    public async Task LeaveAsync()
    {
        _isLeaving = true;
        await Swarm.DisposeAsync().ConfigureAwait(false);
        Network.Fail(Host, HostState.Refusing);
        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>The node is killed, or its machine goes away.</summary>
    public async Task FailAsync(HostState state)
    {
        Network.Fail(Host, state);
        await EndAsync().ConfigureAwait(false);
    }

    private async Task EndAsync()
    {
        await Kad.DisposeAsync().ConfigureAwait(false);
        await Identify.DisposeAsync().ConfigureAwait(false);
        await Swarm.DisposeAsync().ConfigureAwait(false);
    }
}
