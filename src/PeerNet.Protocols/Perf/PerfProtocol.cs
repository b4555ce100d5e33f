using PeerNet.Core;

namespace PeerNet.Protocols.Perf;

/// <summary>Name and numbers of perf (libp2p specs perf/perf.md, 1A r0).</summary>
public static class PerfProtocol
{
    // Specification.

    /// <summary>The protocol's name.</summary>
    public static ProtocolId Id { get; } = "/perf/1.0.0";

    /// <summary>Length of the header: how many bytes the client wants back, big endian.</summary>
    public const int HeaderBytes = sizeof(ulong);

    // Implementation limits.

    /// <summary>Bytes of one write: several multiplexer frames, so that the connection's writer fills whole packets.</summary>
    internal const int BlockBytes = 256 * 1024;
}
