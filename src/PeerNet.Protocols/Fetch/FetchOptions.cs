namespace PeerNet.Protocols.Fetch;

/// <summary>What can be set about fetch.</summary>
public sealed record FetchOptions
{
    /// <summary>The defaults.</summary>
    public static FetchOptions Default { get; } = new();

    /// <summary>The longest that one fetch may take, the look-up at the peer included; js waits as long.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest value taken from a peer, and sent to one.</summary>
    public int MaxValueBytes { get; init; } = 1024 * 1024;

    /// <summary>Requests of one peer that are served at once.</summary>
    public int MaxInboundStreams { get; init; } = 32;
}
