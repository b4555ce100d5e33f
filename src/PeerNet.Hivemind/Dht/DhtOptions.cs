using PeerNet.Hivemind.Auth;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Hivemind.Dht;

/// <summary>How a node takes part in a Hivemind table. Immutable; the defaults are Hivemind's where it has the same setting.</summary>
public sealed record DhtOptions
{
    /// <summary>The defaults.</summary>
    public static DhtOptions Default { get; } = new();

    /// <summary>Addresses of members, each with its peer id at the end. None begins a table of its own.</summary>
    public IReadOnlyList<Multiaddress> InitialPeers { get; init; } = [];

    /// <summary>Whether joining fails when none of the initial peers answers.</summary>
    public bool EnsureBootstrap { get; init; } = true;

    /// <summary>Whether to use the table only: nothing is served, and nobody enters this node in a table.</summary>
    public bool ClientMode { get; init; }

    /// <summary>This node's place; null takes a random one, as every Python node does at each start.</summary>
    public DhtId? NodeId { get; init; }

    /// <summary>Nodes of a bucket, of a beam and of an answer.</summary>
    public int BucketSize { get; init; } = 20;

    /// <summary>Buckets far from this node split until their depth is a multiple of this.</summary>
    public int DepthModulo { get; init; } = 5;

    /// <summary>Nodes that a record is stored on.</summary>
    public int Replicas { get; init; } = 5;

    /// <summary>Calls of one search at a time.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>The most keys of one find call.</summary>
    public int ChunkSize { get; init; } = 16;

    /// <summary>The longest that one call may take.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>The longest that joining may take.</summary>
    public TimeSpan BootstrapTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether a found record is kept in the own cache.</summary>
    public bool CacheLocally { get; init; } = true;

    /// <summary>Nodes near to a key that a found record is pushed to, as a cached one.</summary>
    public int CacheNearest { get; init; } = 1;

    /// <summary>Whether stored records are kept in the own cache.</summary>
    public bool CacheOnStore { get; init; } = true;

    /// <summary>How long before its end a record that was read from the cache is looked up again; zero turns that off.</summary>
    public TimeSpan CacheRefreshBeforeExpiry { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Whether calls for a key that is being looked up already wait for that lookup.</summary>
    public bool ReuseGetRequests { get; init; } = true;

    /// <summary>The first ban of a peer that does not answer a find call.</summary>
    public TimeSpan BlacklistTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>By how much each further ban is longer.</summary>
    public double BlacklistRate { get; init; } = 2;

    /// <summary>Where records are kept; null keeps them in memory.</summary>
    public IDhtStorage? Storage { get; init; }

    /// <summary>Limits of the storage and of the cache in memory.</summary>
    public DhtStorageOptions StorageLimits { get; init; } = DhtStorageOptions.Default;

    /// <summary>Checks and signs records: those of the swarm, in any order.</summary>
    public IReadOnlyList<IRecordValidator> Validators { get; init; } = [];

    /// <summary>Signs and checks requests and answers in a moderated swarm; null in an open one.</summary>
    public TokenAuthorizer? Authorizer { get; init; }

    /// <summary>Finds the addresses of a peer that is known by its id alone, such as a Kademlia lookup; null when there is no such way.</summary>
    public Func<PeerId, CancellationToken, ValueTask<IReadOnlyList<Multiaddress>>>? FindAddressesAsync { get; init; }
}
