using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Kad.Stores;

/// <summary>That a peer has some content. Immutable.</summary>
public sealed record ProviderRecord
{
    /// <summary>The content key: a multihash, or other bytes in networks that use such.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Who has it; it told so itself.</summary>
    public required PeerId Provider { get; init; }

    /// <summary>Where it said it is.</summary>
    public IReadOnlyList<Multiaddress> Addresses { get; init; } = [];

    /// <summary>When it last told.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>Whether it is this node's own, which is told again from time to time and does not age.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Bytes that count towards the limits of a store: contents and bookkeeping.</summary>
    public long Cost => Key.Length + Addresses.Sum(address => address.Bytes.Length) + BookkeepingBytes;

    // Implementation limit: what an entry takes besides its contents.
    private const int BookkeepingBytes = 256;
}
