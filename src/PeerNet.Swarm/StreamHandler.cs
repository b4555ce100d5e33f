using PeerNet.Core.Connections;

namespace PeerNet.Swarm;

/// <summary>
/// Serves one inbound stream. When it returns, the stream is closed in good order; when it throws, the stream is reset. The token is
/// cancelled when the connection ends, when the handler's deadline has passed, and when the node shuts down without waiting any longer.
/// </summary>
/// <param name="stream">The stream, negotiated; the swarm disposes it.</param>
/// <param name="token">Ends the work.</param>
public delegate ValueTask StreamHandler(PeerStream stream, CancellationToken token);

/// <summary>How inbound streams of one protocol are served.</summary>
public sealed record HandlerOptions
{
    /// <summary>Implementation limit: room for a busy peer's parallel requests, a small part of what a connection may open.</summary>
    public const int DefaultMaxInboundStreams = 256;

    /// <summary>Streams of this protocol that one peer may have open, over all its connections. One more is reset with the resource-limit code.</summary>
    public int MaxInboundStreams { get; init; } = DefaultMaxInboundStreams;

    /// <summary>Whether to serve streams that come over a relay with limits. Without it such a peer is told that the protocol is not supported.</summary>
    public bool RunOnLimitedConnections { get; init; }

    /// <summary>The longest that one stream may be served in all; null sets no end.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>The longest that a stream may move no byte in either direction before it is reset; null sets no end.</summary>
    public TimeSpan? IdleTimeout { get; init; }
}
