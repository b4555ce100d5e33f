namespace PeerNet.Protocols.Perf;

/// <summary>What can be set about perf.</summary>
public sealed record PerfOptions
{
    /// <summary>The defaults: a client that serves nobody.</summary>
    public static PerfOptions Default { get; } = new();

    /// <summary>Whether to serve others. Off by default: whoever asks decides how much of this node's bandwidth goes.</summary>
    public bool Serve { get; init; }

    /// <summary>The most bytes that one request may ask back; a greater wish is reset with the resource-limit code before anything is sent.</summary>
    public ulong MaxServedBytes { get; init; } = 16UL << 30;

    /// <summary>Requests of one peer that are served at once.</summary>
    public int MaxInboundStreams { get; init; } = 8;

    /// <summary>How long a served stream may stand still, in either direction.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
