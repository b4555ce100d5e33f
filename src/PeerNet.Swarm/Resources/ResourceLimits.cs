namespace PeerNet.Swarm.Resources;

/// <summary>What one scope may hold. A limit that is not set is none; zero forbids.</summary>
public sealed record ResourceLimits
{
    /// <summary>No limit at all.</summary>
    public static ResourceLimits Unlimited { get; } = new();

    /// <summary>Bytes of buffers and windows.</summary>
    public long Memory { get; init; } = long.MaxValue;

    /// <summary>Streams that peers opened.</summary>
    public int StreamsInbound { get; init; } = int.MaxValue;

    /// <summary>Streams that this node opened.</summary>
    public int StreamsOutbound { get; init; } = int.MaxValue;

    /// <summary>Streams in both directions.</summary>
    public int Streams { get; init; } = int.MaxValue;

    /// <summary>Connections that peers opened.</summary>
    public int ConnectionsInbound { get; init; } = int.MaxValue;

    /// <summary>Connections that this node opened.</summary>
    public int ConnectionsOutbound { get; init; } = int.MaxValue;

    /// <summary>Connections in both directions.</summary>
    public int Connections { get; init; } = int.MaxValue;

    /// <summary>File descriptors.</summary>
    public int FileDescriptors { get; init; } = int.MaxValue;
}
