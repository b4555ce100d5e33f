namespace PeerNet.Protocols.RequestResponse;

/// <summary>Bounds of one request-response protocol. Both ends should agree on the sizes.</summary>
public sealed record RequestOptions
{
    /// <summary>The defaults.</summary>
    public static RequestOptions Default { get; } = new();

    /// <summary>The longest request, sent or taken. rust's codecs take as much.</summary>
    public int MaxRequestBytes { get; init; } = 1024 * 1024;

    /// <summary>The longest response, sent or taken. rust's codecs take as much.</summary>
    public int MaxResponseBytes { get; init; } = 10 * 1024 * 1024;

    /// <summary>The longest that a request may take from the caller's view, dialling and waiting for a place included; and that serving one may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests that are under way at once to all peers; further ones wait for a place.</summary>
    public int MaxConcurrentRequests { get; init; } = 100;

    /// <summary>Requests of one peer that are served at once; one more is reset with the resource-limit code.</summary>
    public int MaxServedPerPeer { get; init; } = 32;

    /// <summary>Requests of all peers that are served at once; one more is reset with the resource-limit code.</summary>
    public int MaxServed { get; init; } = 256;

    /// <summary>Whether requests may run over relays with limits, in both directions.</summary>
    public bool AllowLimited { get; init; }

    /// <summary>How messages are told from the end of the stream.</summary>
    public MessageFraming Framing { get; init; }
}
