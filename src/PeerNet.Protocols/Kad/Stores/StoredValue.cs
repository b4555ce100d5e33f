using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Stores;

/// <summary>A value that this node keeps: for others, or because it put it into the network itself. Immutable.</summary>
public sealed record StoredValue
{
    /// <summary>The key, namespace included.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>The value.</summary>
    public required ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>Who sent it; null for a value of this node's own, which is put again from time to time and does not age.</summary>
    public PeerId? From { get; init; }

    /// <summary>When it came, or was last put.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>The publisher that the Rust implementation writes into records; empty when absent. Kept so that the record passes through unchanged.</summary>
    public ReadOnlyMemory<byte> Publisher { get; init; }

    /// <summary>When the Rust implementation's life of the record ends; null when it set none.</summary>
    public DateTimeOffset? PublisherExpiry { get; init; }

    /// <summary>Whether it is this node's own.</summary>
    public bool IsOwn => From is null;

    /// <summary>Bytes that count towards the limits of a store: contents and bookkeeping.</summary>
    public long Cost => Key.Length + Value.Length + Publisher.Length + BookkeepingBytes;

    // Implementation limit: what an entry takes besides its contents, so that many empty ones are not free.
    private const int BookkeepingBytes = 256;
}
