using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>What a node holds under a key, in bytes as they came: signatures cover them. Immutable.</summary>
/// <param name="Expiration">When it ends; of a dictionary, when its last entry ends.</param>
public abstract record DhtEntry(DhtExpiration Expiration);

/// <summary>A plain value.</summary>
/// <param name="Value">Its bytes, a signature included.</param>
/// <param name="Expiration">When it ends.</param>
public sealed record RegularEntry(ReadOnlyMemory<byte> Value, DhtExpiration Expiration) : DhtEntry(Expiration);

/// <summary>A dictionary.</summary>
/// <param name="Items">Its entries, each subkey once.</param>
/// <param name="Expiration">When the last of them ends.</param>
public sealed record DictionaryEntry(IReadOnlyList<DictionaryItem> Items, DhtExpiration Expiration) : DhtEntry(Expiration);

/// <summary>A record as a storage keeps it.</summary>
/// <param name="Subkey">The subkey; null for a plain value.</param>
/// <param name="Value">The value's bytes.</param>
/// <param name="Expiration">When it ends.</param>
/// <param name="Source">The peer that sent it; null for this node itself.</param>
public sealed record StoredDhtRecord(Subkey? Subkey, ReadOnlyMemory<byte> Value, DhtExpiration Expiration, PeerId? Source);

/// <summary>An entry of a dictionary.</summary>
/// <param name="Subkey">Its key.</param>
/// <param name="Value">Its bytes, a signature included.</param>
/// <param name="Expiration">When it ends.</param>
public sealed record DictionaryItem(Subkey Subkey, ReadOnlyMemory<byte> Value, DhtExpiration Expiration);
