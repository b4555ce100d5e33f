namespace PeerNet.Swarm.Peers;

/// <summary>Bounds of the peer store. All of them are implementation limits.</summary>
public sealed record PeerStoreOptions
{
    /// <summary>Peers remembered; beyond, the one longest unused goes. Connected and tagged peers stay.</summary>
    public int MaxPeers { get; init; } = 20_000;

    /// <summary>Addresses of all peers together, some fifty megabytes of them; beyond, peers longest unused go.</summary>
    public int MaxAddresses { get; init; } = 200_000;

    /// <summary>Addresses kept of one peer; go's bound for peers that are not connected.</summary>
    public int MaxAddressesPerPeer { get; init; } = 64;

    /// <summary>Protocols kept of one peer.</summary>
    public int MaxProtocolsPerPeer { get; init; } = 256;

    /// <summary>Largest signed record kept, in bytes; go's bound.</summary>
    public int MaxRecordBytes { get; init; } = 8 * 1024;

    /// <summary>Tags kept of one peer.</summary>
    public int MaxTagsPerPeer { get; init; } = 64;
}
