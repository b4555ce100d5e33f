using PeerNet.Core;
using PeerNet.Core.Wire;

namespace PeerNet.Protocols.Fetch;

/// <summary>Name and numbers of fetch (libp2p specs fetch/README.md, 1A r1).</summary>
public static class FetchProtocol
{
    // Specification.

    /// <summary>The protocol's name.</summary>
    public static ProtocolId Id { get; } = "/libp2p/fetch/0.0.1";

    // Implementation limits.

    /// <summary>The longest request read; a key is a path or a hash.</summary>
    public const int MaxRequestBytes = 4 * 1024;

    internal static MessageShape RequestShape { get; } = new(maxEntries: 16, FieldShape.Bytes(1, MaxRequestBytes));

    internal static MessageShape ResponseShape { get; } = new(maxEntries: 32, FieldShape.Scalar(1), FieldShape.Bytes(2, int.MaxValue));
}
