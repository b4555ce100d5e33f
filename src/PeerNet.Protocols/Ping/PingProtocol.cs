using PeerNet.Core;

namespace PeerNet.Protocols.Ping;

/// <summary>Name and numbers of ping (libp2p specs ping/ping.md, 3A r0).</summary>
public static class PingProtocol
{
    // Specification.

    /// <summary>The protocol's name.</summary>
    public static ProtocolId Id { get; } = "/ipfs/ping/1.0.0";

    /// <summary>Length of a ping in bytes: random, and echoed as they are.</summary>
    public const int PayloadBytes = 32;

    // Implementation limits.

    /// <summary>
    /// Inbound streams of one peer. The specification lets a peer have one and its partner take two; a stream whose end is still under way does
    /// not cost the next one its place.
    /// </summary>
    public const int MaxInboundStreams = 4;
}
