using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// Records in memory. When it is full, what has ended goes first; then a record makes room for one that is worth more, by the order given:
/// a node's own storage prefers keys near to itself, its cache what lasts longest.
/// </summary>
public sealed class MemoryDhtStorage : IDhtStorage
{
    // Implementation limit: what a record costs beside its bytes, roughly, as objects and table places.
    private const int RecordOverheadBytes = 200;

    // Looking for ended records walks over all: once in a while is enough.
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly DhtStorageOptions _options;
    private readonly Dictionary<DhtId, Slot> _slots = [];
    private readonly SortedSet<Slot> _ranked;
    private readonly Dictionary<PeerId, long> _bytesOfPeers = [];
    private long _bytes;
    private DhtExpiration _nextSweep = DhtExpiration.Always;

    private MemoryDhtStorage(DhtStorageOptions? options, IComparer<Slot> worth)
    {
        _options = options ?? DhtStorageOptions.Default;
        _ranked = new SortedSet<Slot>(worth);
    }

    /// <inheritdoc />
    public int Count
    {
        get
        {
            lock (_lock)
                return _slots.Count;
        }
    }

    /// <inheritdoc />
    public IReadOnlyList<DhtId> Keys
    {
        get
        {
            lock (_lock)
                return [.. _slots.Keys];
        }
    }

    /// <summary>Bytes that the records take, as counted against the limit.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
                return _bytes;
        }
    }

    /// <summary>
    /// Is told of keys that made room for others, outside of what is stored at the moment: whoever mirrors the storage forgets them. Called
    /// under the storage's lock: it must be quick and call nothing here.
    /// </summary>
    public Action<DhtId>? Evicted { get; set; }

    /// <summary>A storage that prefers keys near to a node.</summary>
    public static MemoryDhtStorage CreateNear(DhtId node, DhtStorageOptions? options = null)
        => new(options, Comparer<Slot>.Create((left, right) => right.Key.DistanceTo(node).CompareTo(left.Key.DistanceTo(node))));

    /// <summary>A storage that prefers what lasts longest.</summary>
    public static MemoryDhtStorage CreateCache(DhtStorageOptions? options = null) => new(options, Comparer<Slot>.Create((left, right) =>
    {
        var byTime = left.Rank.CompareTo(right.Rank);
        return byTime != 0 ? byTime : left.Key.CompareTo(right.Key);
    }));

    /// <inheritdoc />
    public bool Store(DhtId key, ReadOnlyMemory<byte> value, DhtExpiration expiration, DhtExpiration now, PeerId? source)
    {
        if (!expiration.IsTime || expiration < now)
            return false;
        lock (_lock)
        {
            var slot = Live(key, now);
            if (slot is not null && expiration <= slot.Expiration)
                return false;
            var record = new Record(null, value.ToArray(), expiration, source);
            if (!TryMakeRoom(key, slot, record, slot?.Records.Values.Append(slot.Regular).ToArray() ?? [], now))
                return false;
            slot = Renew(key, slot, expiration);
            foreach (var old in slot.Records.Values)
                Charge(slot, old, -1);
            slot.Records.Clear();
            if (slot.Regular is { } former)
                Charge(slot, former, -1);
            slot.Regular = record;
            Charge(slot, record, 1);
            return true;
        }
    }

    /// <inheritdoc />
    public bool StoreSubkey(DhtId key, Subkey subkey, ReadOnlyMemory<byte> value, DhtExpiration expiration, DhtExpiration now, PeerId? source)
    {
        ArgumentNullException.ThrowIfNull(subkey);
        if (!expiration.IsTime || expiration < now)
            return false;
        lock (_lock)
        {
            var slot = Live(key, now);
            var former = slot?.Regular ?? slot?.Records.GetValueOrDefault(subkey);
            if (former is not null && expiration <= former.Expiration)
                return false;
            var record = new Record(subkey, value.ToArray(), expiration, source);
            if (!TryMakeRoom(key, slot, record, [former], now))
                return false;
            slot = Renew(key, slot, slot?.Regular is null && slot is not null ? DhtExpiration.Max(slot.Expiration, expiration) : expiration);
            if (former is not null)
                Charge(slot, former, -1);
            slot.Regular = null;
            slot.Records[subkey] = record;
            Charge(slot, record, 1);
            return true;
        }
    }

    /// <inheritdoc />
    public DhtEntry? Get(DhtId key, DhtExpiration now)
    {
        lock (_lock)
        {
            if (Live(key, now) is not { } slot)
                return null;
            if (slot.Regular is { } regular)
                return new RegularEntry(regular.Value, regular.Expiration);
            var items = slot.Records.Values.Where(record => record.Expiration >= now)
                .Select(record => new DictionaryItem(record.Subkey!, record.Value, record.Expiration));
            return new DictionaryEntry([.. items], slot.Expiration);
        }
    }

    /// <summary>What is stored under a key, record by record; empty when there is nothing.</summary>
    public IReadOnlyList<StoredDhtRecord> GetRecords(DhtId key)
    {
        lock (_lock)
        {
            if (!_slots.TryGetValue(key, out var slot))
                return [];
            return slot.Regular is { } regular
                ? [new StoredDhtRecord(null, regular.Value, regular.Expiration, regular.Source)]
                : [.. slot.Records.Values.Select(record => new StoredDhtRecord(record.Subkey, record.Value, record.Expiration, record.Source))];
        }
    }

    /// <inheritdoc />
    public void Clear()
    {
        lock (_lock)
        {
            foreach (var slot in _slots.Values.ToArray())
            {
                Remove(slot);
                Evicted?.Invoke(slot.Key);
            }
        }
    }

    private Slot? Live(DhtId key, DhtExpiration now)
    {
        if (!_slots.TryGetValue(key, out var slot))
            return null;
        if (slot.Expiration >= now)
            return slot;
        Remove(slot);
        return null;
    }

    private Slot Renew(DhtId key, Slot? slot, DhtExpiration expiration)
    {
        if (slot is null)
            _slots[key] = slot = new Slot(key);
        else
            _ranked.Remove(slot);
        slot.Expiration = slot.Rank = expiration;
        _ranked.Add(slot);
        return slot;
    }

    private bool TryMakeRoom(DhtId key, Slot? slot, Record record, Record?[] replaced, DhtExpiration now)
    {
        long own = 0, ofPeer = 0;
        foreach (var old in replaced)
        {
            own += old?.Bytes ?? 0;
            ofPeer += old is not null && record.Source is not null && old.Source == record.Source ? old.Bytes : 0;
        }

        if ((slot?.Bytes ?? 0) - own + record.Bytes > _options.MaxBytesPerKey)
            return false;
        if (record.Source is { } source && _bytesOfPeers.GetValueOrDefault(source) - ofPeer + record.Bytes > _options.MaxBytesPerPeer)
            return false;

        var probe = new Slot(key) { Expiration = record.Expiration, Rank = record.Expiration };
        while (_bytes - own + record.Bytes > _options.MaxBytes || (slot is null && _slots.Count >= _options.MaxKeys))
        {
            if (_nextSweep <= now)
            {
                _nextSweep = now + SweepPause;
                foreach (var ended in _slots.Values.Where(other => other.Expiration < now && other != slot).ToArray())
                    Remove(ended);
                continue;
            }

            if (_ranked.Min is not { } worst || worst == slot || _ranked.Comparer.Compare(worst, probe) >= 0)
                return false;
            Remove(worst);
            Evicted?.Invoke(worst.Key);
        }

        return true;
    }

    private void Remove(Slot slot)
    {
        if (slot.Regular is { } regular)
            Charge(slot, regular, -1);
        foreach (var record in slot.Records.Values)
            Charge(slot, record, -1);
        _ranked.Remove(slot);
        _slots.Remove(slot.Key);
    }

    private void Charge(Slot slot, Record record, int sign)
    {
        var bytes = sign * record.Bytes;
        slot.Bytes += bytes;
        _bytes += bytes;
        if (record.Source is not { } source)
            return;
        var left = _bytesOfPeers.GetValueOrDefault(source) + bytes;
        if (left > 0)
            _bytesOfPeers[source] = left;
        else
            _bytesOfPeers.Remove(source);
    }

    private sealed class Slot(DhtId key)
    {
        public DhtId Key => key;

        public DhtExpiration Expiration { get; set; }

        /// <summary>The expiration that the slot is ordered by: changed only while it is out of the order.</summary>
        public DhtExpiration Rank { get; set; }

        public Record? Regular { get; set; }

        public Dictionary<Subkey, Record> Records { get; } = [];

        public long Bytes { get; set; }
    }

    private sealed record Record(Subkey? Subkey, ReadOnlyMemory<byte> Value, DhtExpiration Expiration, PeerId? Source)
    {
        public long Bytes => RecordOverheadBytes + Value.Length + (2 * (Subkey?.Bytes.Length ?? 0));
    }
}
