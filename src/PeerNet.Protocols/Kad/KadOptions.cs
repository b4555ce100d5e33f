using PeerNet.Core;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Protocols.Kad.Table;

namespace PeerNet.Protocols.Kad;

/// <summary>Settings of a <see cref="KadService"/>.</summary>
public sealed record KadOptions
{
    /// <summary>The public network, as IPFS nodes form it.</summary>
    public static KadOptions PublicDht { get; } = new();

    /// <summary>The local network, as Kubo keeps it beside the public one. Neighbours share their part of the Internet: no limits of groups.</summary>
    public static KadOptions LanDht { get; } = new()
    {
        Protocol = KadProtocol.Lan,
        Scope = KadScope.Lan,
        Table = new RoutingTableOptions { RelaxedBelowGroups = SmallNetworkGroups },
    };

    // Implementation limit: with fewer parts of the Internet in the table the network may well be in one place.
    private const int SmallNetworkGroups = 12;

    /// <summary>The protocol, which is also the network's name.</summary>
    public ProtocolId Protocol { get; init; } = KadProtocol.Wan;

    /// <summary>The part of the network that the table is about.</summary>
    public KadScope Scope { get; init; } = KadScope.Wan;

    /// <summary>Whether to answer requests.</summary>
    public KadMode Mode { get; init; } = KadMode.Auto;

    /// <summary>The namespaces of values.</summary>
    public RecordValidators Validators { get; init; } = RecordValidators.Default;

    /// <summary>Peers to begin with, each with its id at the end; dialled while the table has few members.</summary>
    public IReadOnlyList<Multiaddress> BootstrapPeers { get; init; } = [];

    /// <summary>Sizes and times of the routing table.</summary>
    public RoutingTableOptions Table { get; init; } = new();

    /// <summary>How often the table looks for peers.</summary>
    public RefreshOptions Refresh { get; init; } = new();

    /// <summary>How lookups go about.</summary>
    public LookupOptions Lookup { get; init; } = new();

    /// <summary>Copies of a value after which a search ends early.</summary>
    public int Quorum { get; init; } = KadProtocol.Quorum;

    /// <summary>
    /// Whether records are kept with and looked for at all peers of the region around a key, as large as twenty peers are on average, and
    /// not at the twenty nearest alone: peers made to be nearest then hide nothing. It costs a few requests.
    /// </summary>
    public bool UseRegion { get; init; } = true;

    /// <summary>How long an operation waits for the first member of an empty table, when there is somebody who may become one.</summary>
    public TimeSpan JoinTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long values of others are kept ("Amino").</summary>
    public TimeSpan RecordLifetime { get; init; } = TimeSpan.FromHours(48);

    /// <summary>How long provider records of others are kept ("Amino").</summary>
    public TimeSpan ProviderLifetime { get; init; } = TimeSpan.FromHours(48);

    /// <summary>How long the addresses in provider records are told on ("Amino").</summary>
    public TimeSpan ProviderAddressLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How often this node's own values and provider records are sent out anew ("Amino").</summary>
    public TimeSpan RepublishInterval { get; init; } = TimeSpan.FromHours(22);

    /// <summary>How long a stream may lie idle before this node closes it; other nodes wait a minute.</summary>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Streams that one peer may have open to this node.</summary>
    public int MaxInboundStreamsPerPeer { get; init; } = 32;

    /// <summary>Requests of one peer that are answered in a second; what comes faster waits, unread.</summary>
    public int RequestsPerSecondPerPeer { get; init; } = 20;

    /// <summary>Requests of one peer that are answered at once before <see cref="RequestsPerSecondPerPeer"/> counts.</summary>
    public int RequestBurstPerPeer { get; init; } = 200;

    /// <summary>New provider keys that one peer may leave here in an hour.</summary>
    public int ProviderKeysPerHourPerPeer { get; init; } = 64;

    /// <summary>New provider keys that one peer may leave here at once before <see cref="ProviderKeysPerHourPerPeer"/> counts: a node that starts tells all it has.</summary>
    public int ProviderKeyBurstPerPeer { get; init; } = 1024;

    /// <summary>Makes jitter and random keys repeatable, for simulations; null takes chance from the system.</summary>
    public int? Seed { get; init; }
}
