namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>Limits and times of a Yamux connection.</summary>
public sealed record YamuxOptions
{
    /// <summary>
    /// The most bytes that one stream's receive window grows to. It bounds a stream's throughput to this much per round trip: 64 MiB
    /// fill 10 Gbit/s at 50 ms.
    /// </summary>
    public int MaxStreamWindowBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The most bytes by which all windows of a connection together grow beyond their first 256 KiB.</summary>
    public long MaxConnectionWindowBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>Streams that the peer may hold open; further ones are reset with a resource limit code.</summary>
    public int MaxInboundStreams { get; init; } = 1024;

    /// <summary>Streams that the peer has opened and nobody has accepted yet; further ones are reset with a resource limit code.</summary>
    public int MaxUnacceptedStreams { get; init; } = 256;

    /// <summary>
    /// Streams in both directions at which opening another one waits. rust-libp2p ends a connection that reaches 512.
    /// </summary>
    public int MaxStreamsBeforeOpenWaits { get; init; } = 500;

    /// <summary>After this long without a byte from the peer it is pinged.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After this long without any sign of life that a ping should have brought, the connection is closed.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the socket may take nothing before the connection is closed. A send of many bytes is given more, so that a slow link is
    /// not taken for a dead one.
    /// </summary>
    public TimeSpan WriteTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a graceful close waits for its last bytes to go out and for the peer to close its end.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(5);
}
