using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// Where a node keeps records. An implementation follows Hivemind's rules: what has ended is refused, and of two records of one key, or of
/// one subkey, the strictly later one stays; a subkey over a plain value makes a dictionary of it, a plain value over a dictionary replaces
/// it. It is bounded, and it must be safe to use from several threads.
/// </summary>
public interface IDhtStorage
{
    /// <summary>Number of keys.</summary>
    int Count { get; }

    /// <summary>Stores a plain value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value's bytes; copied where they are kept.</param>
    /// <param name="expiration">When it ends.</param>
    /// <param name="now">The time.</param>
    /// <param name="source">The peer that sent it, whose share is counted; null for this node itself.</param>
    /// <returns>Whether it was stored.</returns>
    bool Store(DhtId key, ReadOnlyMemory<byte> value, DhtExpiration expiration, DhtExpiration now, PeerId? source);

    /// <summary>Stores an entry of a dictionary; parameters as for a plain value.</summary>
    bool StoreSubkey(DhtId key, Subkey subkey, ReadOnlyMemory<byte> value, DhtExpiration expiration, DhtExpiration now, PeerId? source);

    /// <summary>What is stored under a key and has not ended; null when there is nothing.</summary>
    DhtEntry? Get(DhtId key, DhtExpiration now);

    /// <summary>The keys there are; what has ended may still be among them.</summary>
    IReadOnlyList<DhtId> Keys { get; }

    /// <summary>Forgets everything.</summary>
    void Clear();
}
