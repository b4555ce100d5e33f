namespace PeerNet.Protocols.Kad.Table;

/// <summary>Sizes and times of a <see cref="RoutingTable"/>.</summary>
public sealed record RoutingTableOptions
{
    /// <summary>Peers of one bucket.</summary>
    public int BucketSize { get; init; } = KadProtocol.BucketSize;

    /// <summary>Peers that wait for a place in one bucket, besides one for each place that is free. Implementation limit.</summary>
    public int ReplacementsPerBucket { get; init; } = 8;

    /// <summary>Peers of one <see cref="IpGroup"/> in one bucket; null sets no limit. As go on the public network.</summary>
    public int? MaxPeersPerGroupInBucket { get; init; } = 2;

    /// <summary>Peers of one <see cref="IpGroup"/> in the whole table; null sets no limit. As go on the public network.</summary>
    public int? MaxPeersPerGroupInTable { get; init; } = 3;

    /// <summary>
    /// The limits of groups do not hold while the members are of fewer groups than this: a small network may well be in one place. Members
    /// beyond the limits give way once it is larger. 0 lets them hold always, as the public network needs.
    /// </summary>
    public int RelaxedBelowGroups { get; init; }

    /// <summary>How long after its last answer a peer is asked whether it still lives.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long after its last answer a peer gives way to a living one that waits. Two checks have gone by then.</summary>
    public TimeSpan StaleAfter { get; init; } = TimeSpan.FromMinutes(20);

    /// <summary>Failures in a row after which a peer is forgotten. It leaves the table at the first, and may come back until then.</summary>
    public int MaxFailures { get; init; } = 3;

    /// <summary>How long after its first failure a peer is tried again; doubles with each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Checks under way at once. Implementation limit: each may dial.</summary>
    public int MaxParallelChecks { get; init; } = 8;
}
