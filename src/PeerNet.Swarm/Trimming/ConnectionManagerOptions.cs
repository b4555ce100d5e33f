namespace PeerNet.Swarm.Trimming;

/// <summary>When connections are trimmed. All of them are implementation limits; the defaults are go-libp2p's.</summary>
public sealed record ConnectionManagerOptions
{
    /// <summary>Connections that a trim leaves.</summary>
    public int LowWatermark { get; init; } = 160;

    /// <summary>Connections above which a trim begins.</summary>
    public int HighWatermark { get; init; } = 192;

    /// <summary>How long a new connection is spared, so that it can show what it is good for.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The shortest time between two trims.</summary>
    public TimeSpan SilencePeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a trimmed peer is not dialled again on this node's own account.</summary>
    public TimeSpan TrimmedBackoff { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>The first wait before a kept-alive peer is dialled again; it doubles with every failure.</summary>
    public TimeSpan RedialInitial { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait before a kept-alive peer is dialled again.</summary>
    public TimeSpan RedialMaximum { get; init; } = TimeSpan.FromMinutes(5);
}
