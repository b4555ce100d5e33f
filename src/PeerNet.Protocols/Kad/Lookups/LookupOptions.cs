namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>How a lookup goes about.</summary>
public sealed record LookupOptions
{
    /// <summary>Peers to find: the lookup ends when the nearest this many that live have all answered.</summary>
    public int Count { get; init; } = KadProtocol.BucketSize;

    /// <summary>
    /// Peers beyond <see cref="Count"/> that are asked for those that failed among the nearest, one for one up to this many. With a fifth of
    /// the network dead and still in the tables it finds half of what is missed without it, for a tenth more requests.
    /// </summary>
    public int MaxExtraPeers { get; init; } = 5;

    /// <summary>Requests under way at once; slow ones do not count.</summary>
    public int Alpha { get; init; } = KadProtocol.Alpha;

    /// <summary>How long a peer may take before the next one is asked beside it.</summary>
    public TimeSpan SlowAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a peer may take before it counts as failed, dialling included.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the whole lookup may take. What was found by then is its result.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A region around the target: peers within it are asked even when they are more than <see cref="Count"/>. Null asks the nearest only.
    /// With it a record is found and kept beside peers that were made to be nearest.
    /// </summary>
    public Distance? Radius { get; init; }

    /// <summary>The most peers that are asked for <see cref="Radius"/>' sake. Implementation limit.</summary>
    public int MaxRegionPeers { get; init; } = 256;

    /// <summary>The most requests of one lookup. Implementation limit: ten times what a network of a million peers needs.</summary>
    public int MaxRequests { get; init; } = 400;

    /// <summary>
    /// How many more of the peers that one peer named may fail than answer before the rest of them are not asked. It bounds what a liar
    /// costs who invents peers near the target. Implementation limit.
    /// </summary>
    public int MaxUnmetPerInformer { get; init; } = 5;
}
