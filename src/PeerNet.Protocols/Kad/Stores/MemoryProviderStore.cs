using PeerNet.Identity;
using PeerNet.Protocols.Kad.Table;

namespace PeerNet.Protocols.Kad.Stores;

/// <summary>Provider records in memory, within <see cref="StoreLimits"/>. Ends with the process.</summary>
public sealed class MemoryProviderStore(StoreLimits? limits = null) : IProviderStore
{
    private readonly Lock _lock = new();
    private readonly StoreLimits _limits = limits ?? StoreLimits.Providers;
    private readonly Dictionary<KeyBytes, List<Entry>> _keys = [];
    private readonly FairShares<Entry> _shares = new(limits ?? StoreLimits.Providers);

    /// <summary>Number of records.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _keys.Values.Sum(entries => entries.Count);
        }
    }

    /// <summary>Bytes of others' records, as the limits count them.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _shares.Bytes;
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ProviderRecord>> GetAsync(ReadOnlyMemory<byte> key, int count, CancellationToken token = default)
    {
        lock (_lock)
        {
            IReadOnlyList<ProviderRecord> records = _keys.TryGetValue(new KeyBytes(key), out var entries)
                ? [.. entries.AsEnumerable().Reverse().Take(count).Select(entry => entry.Record)]
                : [];
            return ValueTask.FromResult(records);
        }
    }

    /// <inheritdoc />
    public ValueTask<StoreOutcome> AddAsync(ProviderRecord record, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
            return ValueTask.FromResult(Add(record));
    }

    /// <inheritdoc />
    public ValueTask RemoveAsync(ReadOnlyMemory<byte> key, PeerId provider, CancellationToken token = default)
    {
        lock (_lock)
        {
            if (_keys.TryGetValue(new KeyBytes(key), out var entries) && entries.Find(entry => entry.Record.Provider == provider) is { } found)
                Remove(found);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<ProviderRecord>> GetOwnAsync(CancellationToken token = default)
    {
        lock (_lock)
            return ValueTask.FromResult<IReadOnlyList<ProviderRecord>>([.. _keys.Values.SelectMany(entries => entries).Where(entry => entry.Record.IsOwn).Select(entry => entry.Record)]);
    }

    /// <inheritdoc />
    public ValueTask<int> RemoveExpiredAsync(DateTimeOffset receivedBefore, CancellationToken token = default)
    {
        lock (_lock)
        {
            var expired = _keys.Values.SelectMany(entries => entries).Where(entry => !entry.Record.IsOwn && entry.Record.ReceivedAt < receivedBefore).ToArray();
            foreach (var entry in expired)
                Remove(entry);
            return ValueTask.FromResult(expired.Length);
        }
    }

    private StoreOutcome Add(ProviderRecord record)
    {
        var key = new KeyBytes(record.Key);
        var earlier = _keys.TryGetValue(key, out var entries) ? entries.Find(entry => entry.Record.Provider == record.Provider) : null;
        if (earlier is not null)
            Remove(earlier);
        var added = new Entry(record, IpGroup.Of(record.Addresses));
        var outcome = IsKeyFull(key, added) ? StoreOutcome.KeyFull : Place(key, added);
        if (outcome == StoreOutcome.Stored)
            return earlier is null ? StoreOutcome.Stored : StoreOutcome.Replaced;

        // What there was stays: that the peer has the content is true still.
        if (earlier is not null)
            Place(key, earlier);
        return outcome;
    }

    private StoreOutcome Place(KeyBytes key, Entry added)
    {
        if (!added.Record.IsOwn)
        {
            var outcome = _shares.Add(added.Record.Provider, added, added.Record.Cost, Unlist, out var slot);
            if (outcome != StoreOutcome.Stored)
                return outcome;
            added.Slot = slot;
        }

        if (!_keys.TryGetValue(key, out var entries))
            _keys.Add(key, entries = []);
        entries.Add(added);
        return StoreOutcome.Stored;
    }

    private bool IsKeyFull(KeyBytes key, Entry added)
    {
        if (added.Record.IsOwn || !_keys.TryGetValue(key, out var entries))
            return false;
        if (entries.Count >= _limits.MaxProvidersPerKey)
            return true;
        foreach (var group in added.Groups)
        {
            if (entries.Count(entry => entry.Groups.Contains(group)) >= _limits.MaxProvidersPerGroup)
                return true;
        }

        return false;
    }

    private void Remove(Entry entry)
    {
        if (entry.Slot is not null)
            _shares.Remove(entry.Slot);
        Unlist(entry);
    }

    private void Unlist(Entry entry)
    {
        var key = new KeyBytes(entry.Record.Key);
        if (!_keys.TryGetValue(key, out var entries))
            return;
        entries.Remove(entry);
        if (entries.Count == 0)
            _keys.Remove(key);
    }

    private sealed class Entry(ProviderRecord record, IpGroup[] groups)
    {
        public ProviderRecord Record { get; } = record;

        public IpGroup[] Groups { get; } = groups;

        public FairShares<Entry>.Slot? Slot { get; set; }
    }
}
