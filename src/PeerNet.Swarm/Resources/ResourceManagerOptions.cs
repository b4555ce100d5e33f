using PeerNet.Core;

namespace PeerNet.Swarm.Resources;

/// <summary>
/// Limits of every kind of scope. Of two nested limits the inner one, a single peer's, is the smaller: no peer can use up what all share.
/// </summary>
public sealed record ResourceManagerOptions
{
    private const long MiB = 1 << 20;
    private const long GiB = 1 << 30;

    /// <summary>The whole node.</summary>
    public required ResourceLimits System { get; init; }

    /// <summary>Connections without a known peer and streams without a known protocol.</summary>
    public required ResourceLimits Transient { get; init; }

    /// <summary>One protocol.</summary>
    public required ResourceLimits PerProtocol { get; init; }

    /// <summary>One protocol of one peer.</summary>
    public required ResourceLimits PerProtocolPeer { get; init; }

    /// <summary>One peer.</summary>
    public required ResourceLimits PerPeer { get; init; }

    /// <summary>One connection; only memory counts.</summary>
    public required ResourceLimits PerConnection { get; init; }

    /// <summary>One stream; only memory counts.</summary>
    public required ResourceLimits PerStream { get; init; }

    /// <summary>Limits of single protocols, in place of <see cref="PerProtocol"/>.</summary>
    public IReadOnlyDictionary<ProtocolId, ResourceLimits> Protocols { get; init; } = new Dictionary<ProtocolId, ResourceLimits>();

    /// <summary>Limits of single protocols for each peer, in place of <see cref="PerProtocolPeer"/>.</summary>
    public IReadOnlyDictionary<ProtocolId, ResourceLimits> ProtocolPeers { get; init; } = new Dictionary<ProtocolId, ResourceLimits>();

    /// <summary>No limits: for tools that trust their peers.</summary>
    public static ResourceManagerOptions Unlimited { get; } = new()
    {
        System = ResourceLimits.Unlimited,
        Transient = ResourceLimits.Unlimited,
        PerProtocol = ResourceLimits.Unlimited,
        PerProtocolPeer = ResourceLimits.Unlimited,
        PerPeer = ResourceLimits.Unlimited,
        PerConnection = ResourceLimits.Unlimited,
        PerStream = ResourceLimits.Unlimited,
    };

    /// <summary>The limits for this machine: an eighth of its memory, and half of 4,096 file descriptors or what else the caller knows.</summary>
    public static ResourceManagerOptions ForThisMachine(int fileDescriptors = 4096)
        => ScaledTo(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8, fileDescriptors / 2);

    /// <summary>
    /// Limits for a budget of memory and file descriptors. What all peers share grows with the memory; what one peer may hold stays.
    /// </summary>
    /// <param name="memoryBytes">Memory for windows and buffers.</param>
    /// <param name="fileDescriptors">File descriptors for connections.</param>
    public static ResourceManagerOptions ScaledTo(long memoryBytes, int fileDescriptors)
    {
        var memory = Math.Clamp(memoryBytes, 64 * MiB, 1024 * GiB);
        int Scale(int fixedPart, int perGiB) => (int)Math.Min(int.MaxValue / 4, fixedPart + (perGiB * (double)memory / GiB));

        return new ResourceManagerOptions
        {
            System = new ResourceLimits
            {
                Memory = memory,
                StreamsInbound = Scale(4096, 8192),
                StreamsOutbound = Scale(8192, 8192),
                Streams = Scale(8192, 16384),
                ConnectionsInbound = Scale(128, 256),
                ConnectionsOutbound = Scale(256, 512),
                Connections = Scale(256, 512),
                FileDescriptors = fileDescriptors,
            },
            Transient = new ResourceLimits
            {
                Memory = Math.Max(32 * MiB, memory / 8),
                StreamsInbound = Scale(1024, 1024),
                StreamsOutbound = Scale(2048, 2048),
                Streams = Scale(2048, 2048),
                ConnectionsInbound = Scale(128, 64),
                ConnectionsOutbound = Scale(192, 64),
                Connections = Scale(256, 128),
                FileDescriptors = Math.Max(64, fileDescriptors / 2),
            },
            PerProtocol = new ResourceLimits
            {
                Memory = memory / 2,
                StreamsInbound = Scale(2048, 4096),
                StreamsOutbound = Scale(4096, 4096),
                Streams = Scale(4096, 8192),
            },
            PerProtocolPeer = new ResourceLimits
            {
                Memory = Math.Min(128 * MiB, memory / 4),
                StreamsInbound = HandlerOptions.DefaultMaxInboundStreams,
                StreamsOutbound = 1024,
                Streams = 1024,
            },
            PerPeer = new ResourceLimits
            {
                Memory = Math.Min(256 * MiB, memory / 2),
                StreamsInbound = 1024,
                StreamsOutbound = 2048,
                Streams = 2048,
                ConnectionsInbound = 8,
                ConnectionsOutbound = 8,
                Connections = 8,
                FileDescriptors = 8,
            },
            PerConnection = new ResourceLimits { Memory = Math.Min(128 * MiB, memory / 4) },
            PerStream = new ResourceLimits { Memory = Math.Min(64 * MiB, memory / 4) },
        };
    }
}
