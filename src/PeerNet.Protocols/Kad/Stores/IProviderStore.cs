using PeerNet.Identity;

namespace PeerNet.Protocols.Kad.Stores;

/// <summary>
/// Keeps who has which content. Bounded in all, for each provider and for each key; a flood displaces its own records first. Thread-safe.
/// </summary>
public interface IProviderStore
{
    /// <summary>Who has some content, who told last first.</summary>
    /// <param name="key">The content key.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="token">Cancels.</param>
    ValueTask<IReadOnlyList<ProviderRecord>> GetAsync(ReadOnlyMemory<byte> key, int count, CancellationToken token = default);

    /// <summary>Keeps a record in place of the provider's earlier one of the same key.</summary>
    ValueTask<StoreOutcome> AddAsync(ProviderRecord record, CancellationToken token = default);

    /// <summary>Forgets that a peer has some content.</summary>
    ValueTask RemoveAsync(ReadOnlyMemory<byte> key, PeerId provider, CancellationToken token = default);

    /// <summary>The records of this node's own.</summary>
    ValueTask<IReadOnlyList<ProviderRecord>> GetOwnAsync(CancellationToken token = default);

    /// <summary>Forgets records of others that came before a time.</summary>
    /// <returns>How many.</returns>
    ValueTask<int> RemoveExpiredAsync(DateTimeOffset receivedBefore, CancellationToken token = default);
}
