using Microsoft.Extensions.Logging;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Gating;
using PeerNet.Swarm.Metrics;
using PeerNet.Swarm.Peers;
using PeerNet.Swarm.Resources;
using PeerNet.Swarm.Streams;

namespace PeerNet.Swarm;

/// <summary>What the parts of one swarm share.</summary>
internal sealed class SwarmContext
{
    private ITransport[] _transports;

    public SwarmContext(SwarmOptions options, SwarmServices services)
    {
        Options = options;
        Identity = services.Identity;
        LocalPeer = services.Identity.PeerId;
        Time = services.Time;
        Negotiator = services.Negotiator;
        Resolver = services.Resolver;
        OwnResources = services.Resources is null ? new ResourceManager(options.Resources) : services.Resources as ResourceManager;
        Resources = services.Resources ?? OwnResources!;
        Gater = services.Gater ?? new ConnectionGater();
        PeerStore = services.PeerStore ?? new PeerStore(time: services.Time);
        PeerStore.Exclude(LocalPeer);
        Log = services.LoggerFactory.CreateLogger("PeerNet.Swarm");
        Events = new EventHub(Time, options.EventQueueLength);
        Deadlines = new DeadlinePool(Time);
        Metrics = new SwarmMetrics();
        _transports = [.. services.Transports];
    }

    public SwarmOptions Options { get; }

    public PrivateKey Identity { get; }

    public PeerId LocalPeer { get; }

    public TimeProvider Time { get; }

    public IStreamNegotiator Negotiator { get; }

    public IAddressResolver? Resolver { get; }

    public IResourceManager Resources { get; }

    /// <summary>The resource manager when it is of our kind: it is tended by the maintenance loop.</summary>
    public ResourceManager? OwnResources { get; }

    public ConnectionGater Gater { get; }

    public PeerStore PeerStore { get; }

    public ILogger Log { get; }

    public EventHub Events { get; }

    public DeadlinePool Deadlines { get; }

    public SwarmMetrics Metrics { get; }

    public BandwidthTable Bandwidth { get; } = new();

    /// <summary>Cancelled when the swarm ends without waiting any longer.</summary>
    public CancellationTokenSource Stopping { get; } = new();

    /// <summary>Whether new connections and streams are refused.</summary>
    public bool IsDraining { get; set; }

    public ITransport[] Transports => Volatile.Read(ref _transports);

    public void AddTransport(ITransport transport) => Volatile.Write(ref _transports, [.. _transports, transport]);
}
