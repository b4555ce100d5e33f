using System.Reflection;

namespace PeerNet.Protocols.Identify;

/// <summary>What can be set about identify.</summary>
public sealed record IdentifyOptions
{
    /// <summary>The defaults.</summary>
    public static IdentifyOptions Default { get; } = new();

    /// <summary>Software and version that peers are told: at most <see cref="IdentifyProtocol.MaxVersionLength"/> characters.</summary>
    public string AgentVersion { get; init; } = DefaultAgent();

    /// <summary>The family of protocols that peers are told; informational, and this is what most say.</summary>
    public string ProtocolVersion { get; init; } = "ipfs/0.1.0";

    /// <summary>The longest that one exchange may take, in either direction; what go and js allow.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after a failed attempt a peer that is still connected is asked again; it is asked three times in all.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Peers that are asked at once.</summary>
    public int MaxConcurrentRequests { get; init; } = 64;

    /// <summary>Streams on which one peer may ask at once; what go allows.</summary>
    public int MaxInboundStreams { get; init; } = 16;

    /// <summary>How long changes of addresses and protocols are gathered before they are pushed: starting services register one after another.</summary>
    public TimeSpan PushDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Pushes that run at once; what go and js allow themselves.</summary>
    public int MaxConcurrentPushes { get; init; } = 32;

    /// <summary>How often peers may ask and push.</summary>
    public IdentifyRateLimits RateLimits { get; init; } = new();

    private static string DefaultAgent()
    {
        var version = typeof(IdentifyOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return $"peernet/{version ?? "0"}";
    }
}
