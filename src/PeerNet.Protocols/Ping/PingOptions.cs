namespace PeerNet.Protocols.Ping;

/// <summary>What can be set about ping.</summary>
public sealed record PingOptions
{
    /// <summary>The defaults.</summary>
    public static PingOptions Default { get; } = new();

    /// <summary>The longest that a ping may take, opening its stream and waiting for an earlier ping of the same peer included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long an inbound stream may stay silent. rust keeps one stream and sends every 15 seconds, so that a shorter time would end it between
    /// two pings.
    /// </summary>
    public TimeSpan InboundIdleTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
