namespace PeerNet.Swarm.Dialing;

/// <summary>Deadlines and bounds of dials. All of them are implementation limits; most are what go-libp2p uses.</summary>
public sealed record DialOptions
{
    /// <summary>One dial of a peer, over all its addresses.</summary>
    public TimeSpan PeerTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>One attempt at one address, to the end of the upgrade.</summary>
    public TimeSpan AddressTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>One attempt at an address of a private network or of this machine, where answers are near.</summary>
    public TimeSpan PrivateAddressTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Looking up the names in one peer's addresses.</summary>
    public TimeSpan ResolveTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long an attempt may hold its place while others wait for one. Dead addresses then cost a place for so long only; the attempt gets a
    /// second chance when nothing else is left.
    /// </summary>
    public TimeSpan YieldAfter { get; init; } = TimeSpan.FromMilliseconds(1500);

    /// <summary>Attempts at one peer that run at the same time.</summary>
    public int MaxParallelPerPeer { get; init; } = 8;

    /// <summary>Attempts in the whole node that hold a file descriptor at the same time.</summary>
    public int MaxFileDescriptors { get; init; } = 160;

    /// <summary>Addresses of one peer that are considered in one dial, names resolved.</summary>
    public int MaxAddressesPerPeer { get; init; } = 100;

    /// <summary>Whether to dial from listening ports, so that peers see an address that others can dial.</summary>
    public bool ReusePorts { get; init; } = true;
}
