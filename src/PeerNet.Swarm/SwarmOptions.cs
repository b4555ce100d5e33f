using PeerNet.Swarm.Dialing;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Resources;
using PeerNet.Swarm.Streams;
using PeerNet.Swarm.Trimming;

namespace PeerNet.Swarm;

/// <summary>Everything about a swarm that can be set.</summary>
public sealed record SwarmOptions
{
    /// <summary>The defaults.</summary>
    public static SwarmOptions Default { get; } = new();

    /// <summary>Outbound connections.</summary>
    public DialOptions Dialing { get; init; } = new();

    /// <summary>Inbound connections and the node's own addresses.</summary>
    public ListenOptions Listening { get; init; } = new();

    /// <summary>Streams.</summary>
    public StreamLimits Streams { get; init; } = new();

    /// <summary>When connections are trimmed.</summary>
    public ConnectionManagerOptions Connections { get; init; } = new();

    /// <summary>Limits of the resource manager that the swarm makes when it is given none; null takes those for this machine.</summary>
    public ResourceManagerOptions? Resources { get; init; }

    /// <summary>Implementation limit: events kept for one subscriber that does not read them; the oldest go first, and are counted.</summary>
    public int EventQueueLength { get; init; } = 1024;

    /// <summary>How long disposing waits for handlers that still run. <see cref="SwarmHost.ShutdownAsync"/> takes its own.</summary>
    public TimeSpan DisposeDrain { get; init; } = TimeSpan.FromSeconds(1);
}
