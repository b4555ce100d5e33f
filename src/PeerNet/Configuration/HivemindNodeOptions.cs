namespace PeerNet.Configuration;

/// <summary>Whether and how the node takes part in a Hivemind swarm.</summary>
public enum HivemindNodeMode
{
    /// <summary>Not at all.</summary>
    Off,

    /// <summary>Reads and stores records, and keeps none for others.</summary>
    Client,

    /// <summary>A full member.</summary>
    Server,
}

/// <summary>Membership in a Hivemind swarm from the node's start.</summary>
public sealed record HivemindNodeOptions
{
    /// <summary>How the node takes part.</summary>
    public HivemindNodeMode Mode { get; set; } = HivemindNodeMode.Off;

    /// <summary>Addresses of members, each ending in <c>/p2p/ID</c>. Empty begins a swarm.</summary>
    public IList<string> InitialPeers { get; set; } = [];

    /// <summary>Whether the node does not start when none of <see cref="InitialPeers"/> answers; otherwise it begins alone.</summary>
    public bool RequireInitialPeer { get; set; } = true;

    /// <summary>
    /// PEM file with the RSA key that signs records under subkeys with its owner's marker; made when missing. Records of other owners are then
    /// checked too. Null neither signs nor checks.
    /// </summary>
    public string? SigningKeyFile { get; set; }
}
