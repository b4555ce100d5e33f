namespace PeerNet.Protocols.Kad.Stores;

/// <summary>
/// Keeps values, each under its key. Bounded in all and for each sender, in bytes: an attacker's flood displaces the attacker's own values,
/// not those of others. Values are validated before they come here. Thread-safe.
/// </summary>
public interface IRecordStore
{
    /// <summary>The value of a key; null when there is none.</summary>
    ValueTask<StoredValue?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken token = default);

    /// <summary>Keeps a value in place of the one under the same key.</summary>
    ValueTask<StoreOutcome> PutAsync(StoredValue value, CancellationToken token = default);

    /// <summary>Forgets the value of a key.</summary>
    ValueTask RemoveAsync(ReadOnlyMemory<byte> key, CancellationToken token = default);

    /// <summary>The values of this node's own.</summary>
    ValueTask<IReadOnlyList<StoredValue>> GetOwnAsync(CancellationToken token = default);

    /// <summary>Forgets values of others that came before a time, or whose publisher set an end that has come.</summary>
    /// <returns>How many.</returns>
    ValueTask<int> RemoveExpiredAsync(DateTimeOffset receivedBefore, DateTimeOffset now, CancellationToken token = default);
}
