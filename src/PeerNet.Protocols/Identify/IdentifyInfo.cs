using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Identify;

/// <summary>
/// What a peer tells of itself in one identify or push message, its frames merged. Everything in it is a claim, the key aside once it was
/// compared with the connection's; texts are bounded and free of control characters, addresses that do not parse are left out.
/// </summary>
public sealed record IdentifyInfo
{
    /// <summary>The peer's key; null when absent, which only a push may be.</summary>
    public PublicKey? PublicKey { get; init; }

    /// <summary>Addresses that the peer listens on, without its own id at the end. Empty in a push means unchanged.</summary>
    public IReadOnlyList<Multiaddress> ListenAddresses { get; init; } = [];

    /// <summary>Protocols that the peer speaks. Empty in a push means unchanged.</summary>
    public IReadOnlyList<ProtocolId> Protocols { get; init; } = [];

    /// <summary>The address that the peer sees this node under; null when absent or of no use.</summary>
    public Multiaddress? ObservedAddress { get; init; }

    /// <summary>Which network the peer means to belong to; informational.</summary>
    public string? ProtocolVersion { get; init; }

    /// <summary>Software and version of the peer; informational.</summary>
    public string? AgentVersion { get; init; }

    /// <summary>The signed peer record as it came: an envelope not yet opened. Empty when absent.</summary>
    public ReadOnlyMemory<byte> SignedPeerRecord { get; init; }
}
