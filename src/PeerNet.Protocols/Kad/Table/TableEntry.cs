using PeerNet.Core.Time;
using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>A peer that a table knows: a member of a bucket, or one that waits for a place in it.</summary>
internal sealed class TableEntry(PeerId peer, KadKey key, int bucket, Instant now)
{
    public PeerId Peer { get; } = peer;

    public KadKey Key { get; } = key;

    /// <summary>The length of the prefix that it shares with this node.</summary>
    public int Bucket { get; } = bucket;

    /// <summary>Whether it has a place in the bucket. It answered before it got it.</summary>
    public bool IsMember { get; set; }

    /// <summary>Whether it is being asked whether it lives.</summary>
    public bool IsChecking { get; set; }

    public IpGroup[] Groups { get; set; } = [];

    /// <summary>When it became a member.</summary>
    public Instant AddedAt { get; set; } = now;

    /// <summary>When it last answered a request of ours; null before the first answer.</summary>
    public Instant? AnsweredAt { get; set; }

    /// <summary>Failures since its last answer.</summary>
    public int Failures { get; set; }

    /// <summary>Not to be checked before.</summary>
    public Instant CheckAt { get; set; } = now;
}
