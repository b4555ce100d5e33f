using PeerNet.Core.Resources;
using PeerNet.Identity;

namespace PeerNet.Connections.Upgrade;

/// <summary>One connection's way up.</summary>
public sealed record UpgradeContext
{
    /// <summary>The transport's name, for the description.</summary>
    public required string Transport { get; init; }

    /// <summary>Who opened the connection.</summary>
    public required Direction Direction { get; init; }

    /// <summary>Whether this end plays the initiator; it is the dialer but for hole punching.</summary>
    public required bool IsInitiator { get; init; }

    /// <summary>The peer that must answer; null accepts any.</summary>
    public PeerId? ExpectedPeer { get; init; }

    /// <summary>The scope that pays; disposed when the upgrade fails.</summary>
    public required IConnectionScope Scope { get; init; }
}
