namespace PeerNet.Protocols.Kad.Stores;

/// <summary>Values in memory, within <see cref="StoreLimits"/>. Ends with the process.</summary>
public sealed class MemoryRecordStore(StoreLimits? limits = null) : IRecordStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<KeyBytes, Entry> _entries = [];
    private readonly FairShares<KeyBytes> _shares = new(limits ?? StoreLimits.Values);

    /// <summary>Number of values.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Bytes of others' values, as the limits count them.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _shares.Bytes;
        }
    }

    /// <inheritdoc />
    public ValueTask<StoredValue?> GetAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        lock (_lock)
            return ValueTask.FromResult(_entries.GetValueOrDefault(new KeyBytes(key))?.Value);
    }

    /// <inheritdoc />
    public ValueTask<StoreOutcome> PutAsync(StoredValue value, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(value);
        lock (_lock)
            return ValueTask.FromResult(Put(value));
    }

    /// <inheritdoc />
    public ValueTask RemoveAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        lock (_lock)
            Remove(new KeyBytes(key));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredValue>> GetOwnAsync(CancellationToken token = default)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<StoredValue>>([.. _entries.Values.Where(entry => entry.Value.IsOwn).Select(entry => entry.Value)]);
    }

    /// <inheritdoc />
    public ValueTask<int> RemoveExpiredAsync(DateTimeOffset receivedBefore, DateTimeOffset now, CancellationToken token = default)
    {
        lock (_lock)
        {
            var expired = _entries
                .Where(pair => !pair.Value.Value.IsOwn && (pair.Value.Value.ReceivedAt < receivedBefore || pair.Value.Value.PublisherExpiry <= now))
                .Select(pair => pair.Key)
                .ToArray();
            foreach (var key in expired)
                Remove(key);
            return ValueTask.FromResult(expired.Length);
        }
    }

    private StoreOutcome Put(StoredValue value)
    {
        var key = new KeyBytes(value.Key);
        _entries.Remove(key, out var earlier);
        if (earlier?.Slot is { } place)
            _shares.Remove(place);
        FairShares<KeyBytes>.Slot? slot = null;
        var outcome = value.From is null ? StoreOutcome.Stored : _shares.Add(value.From, key, value.Cost, evicted => _entries.Remove(evicted), out slot);
        if (outcome == StoreOutcome.Stored)
        {
            _entries.Add(key, new Entry(value, slot));
            return earlier is null ? StoreOutcome.Stored : StoreOutcome.Replaced;
        }

        // What there was stays: it is older, but it was good.
        if (earlier is not null)
            Put(earlier.Value);
        return outcome;
    }

    private void Remove(KeyBytes key)
    {
        if (_entries.Remove(key, out var entry) && entry.Slot is not null)
            _shares.Remove(entry.Slot);
    }

    private sealed record Entry(StoredValue Value, FairShares<KeyBytes>.Slot? Slot);
}
