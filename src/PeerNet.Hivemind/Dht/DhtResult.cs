using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Dht;

/// <summary>What was found under a key.</summary>
/// <param name="Expiration">When it ends.</param>
public abstract record DhtResult(DhtExpiration Expiration);

/// <summary>A plain value.</summary>
/// <param name="Value">The value.</param>
/// <param name="Expiration">When it ends.</param>
public sealed record DhtValueResult(HivemindValue Value, DhtExpiration Expiration) : DhtResult(Expiration);

/// <summary>A dictionary.</summary>
/// <param name="Items">Its entries by subkey.</param>
/// <param name="Expiration">When the last of them ends.</param>
public sealed record DhtDictionaryResult(IReadOnlyDictionary<Subkey, DhtValueResult> Items, DhtExpiration Expiration) : DhtResult(Expiration);

/// <summary>A record to store.</summary>
/// <param name="Key">The key: any value but None.</param>
/// <param name="Value">The value.</param>
/// <param name="Expiration">When it ends. It wins over what is stored only if that ends earlier.</param>
/// <param name="Subkey">The subkey, for an entry of a dictionary; null for a plain value.</param>
public sealed record DhtStoreItem(HivemindValue Key, HivemindValue Value, DhtExpiration Expiration, Subkey? Subkey = null);
