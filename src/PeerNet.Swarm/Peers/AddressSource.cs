namespace PeerNet.Swarm.Peers;

/// <summary>Where an address was learned.</summary>
public enum AddressSource
{
    /// <summary>Given by the application or the user.</summary>
    Manual,

    /// <summary>A bootstrap list.</summary>
    Bootstrap,

    /// <summary>Remembered from an earlier run.</summary>
    Cache,

    /// <summary>The peer told it itself, unsigned.</summary>
    Identify,

    /// <summary>The peer's signed record.</summary>
    SignedRecord,

    /// <summary>The address of a connection to the peer.</summary>
    Connection,

    /// <summary>The local network (mDNS).</summary>
    Mdns,

    /// <summary>Another peer's answer in a distributed hash table.</summary>
    Routing,

    /// <summary>A rendezvous point.</summary>
    Rendezvous,

    /// <summary>Another peer's exchange of peers.</summary>
    PeerExchange,

    /// <summary>A hole punch or a relay.</summary>
    Relay,
}

/// <summary>How long addresses are kept, as go-libp2p does. Implementation limits.</summary>
public static class AddressTtl
{
    /// <summary>An address somebody else named, before the peer was ever connected.</summary>
    public static readonly TimeSpan Temporary = TimeSpan.FromMinutes(2);

    /// <summary>An address of a peer that was connected until a moment ago.</summary>
    public static readonly TimeSpan RecentlyConnected = TimeSpan.FromMinutes(15);

    /// <summary>The ordinary time.</summary>
    public static readonly TimeSpan General = TimeSpan.FromHours(1);

    /// <summary>As long as the peer is connected; demoted to <see cref="RecentlyConnected"/> when the last connection ends.</summary>
    public static readonly TimeSpan Connected = TimeSpan.MaxValue - TimeSpan.FromTicks(1);

    /// <summary>For ever.</summary>
    public static readonly TimeSpan Permanent = TimeSpan.MaxValue;
}
