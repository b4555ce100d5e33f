using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Peers;

/// <summary>
/// The addresses of one peer. A time to live only ever grows, unless it is set: news about a known address from a worse source does not
/// shorten its life. Not thread-safe.
/// </summary>
internal sealed class AddressSet(int capacity)
{
    private readonly Dictionary<Multiaddress, Entry> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Adds an address, or extends its life.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Add(Multiaddress address, TimeSpan ttl, AddressSource source, bool certified, Instant now)
    {
        var expires = now + ttl;
        if (_entries.TryGetValue(address, out var known))
        {
            if (known.Expires <= now)
                known.Source = source;
            var changed = expires > known.Expires || (certified && !known.IsCertified);
            if (expires > known.Expires)
                (known.Expires, known.Ttl) = (expires, ttl);
            known.IsCertified |= certified;
            return changed;
        }

        if (ttl <= TimeSpan.Zero || (_entries.Count >= capacity && !MakeRoom(expires, now)))
            return false;
        _entries.Add(address, new Entry { Source = source, Ttl = ttl, Expires = expires, IsCertified = certified });
        return true;
    }

    /// <summary>Gives an address exactly this life; none removes it.</summary>
    public bool Set(Multiaddress address, TimeSpan ttl, AddressSource source, Instant now)
    {
        if (ttl <= TimeSpan.Zero)
            return _entries.Remove(address);
        if (!_entries.TryGetValue(address, out var known))
            return Add(address, ttl, source, certified: false, now);
        (known.Ttl, known.Expires) = (ttl, now + ttl);
        return true;
    }

    /// <summary>Gives a new life to all addresses that were given <paramref name="old"/>.</summary>
    public bool ReplaceTtl(TimeSpan old, TimeSpan ttl, Instant now)
    {
        var changed = false;
        foreach (var (address, entry) in _entries)
        {
            if (entry.Ttl != old)
                continue;
            changed = true;
            if (ttl <= TimeSpan.Zero)
                _entries.Remove(address);
            else
                (entry.Ttl, entry.Expires) = (ttl, now + ttl);
        }

        return changed;
    }

    /// <summary>Replaces the certified addresses: those of the last record that are not in this one go, whatever their life.</summary>
    public void ReplaceCertified(IEnumerable<Multiaddress> addresses, TimeSpan ttl, Instant now)
    {
        foreach (var (address, entry) in _entries)
        {
            if (!entry.IsCertified)
                continue;
            entry.IsCertified = false;
            if (entry.Source == AddressSource.SignedRecord)
                _entries.Remove(address);
        }

        foreach (var address in addresses)
            Add(address, ttl, AddressSource.SignedRecord, certified: true, now);
    }

    public bool Remove(Multiaddress address) => _entries.Remove(address);

    public void Mark(Multiaddress address, bool succeeded)
    {
        if (_entries.TryGetValue(address, out var entry))
            entry.LastDialSucceeded = succeeded;
    }

    /// <summary>Drops what has run out.</summary>
    public bool Collect(Instant now)
    {
        var changed = false;
        foreach (var (address, entry) in _entries)
        {
            if (entry.Expires <= now)
                changed |= _entries.Remove(address);
        }

        return changed;
    }

    /// <summary>Keeps the addresses with the longest lives, working ones first.</summary>
    public void TrimTo(int count)
    {
        if (_entries.Count <= count)
            return;
        var surplus = _entries
            .OrderByDescending(pair => pair.Value.LastDialSucceeded == true)
            .ThenByDescending(pair => pair.Value.Expires)
            .Skip(count)
            .Select(pair => pair.Key)
            .ToArray();
        foreach (var address in surplus)
            _entries.Remove(address);
    }

    /// <summary>Whether an address of the last signed record is still good: the record ends with its addresses.</summary>
    public bool HasCertified(Instant now) => _entries.Values.Any(entry => entry.IsCertified && entry.Expires > now);

    public List<StoredAddress> Read(Instant now)
    {
        var result = new List<StoredAddress>(_entries.Count);
        foreach (var (address, entry) in _entries)
        {
            if (entry.Expires <= now)
                continue;
            var remaining = entry.Expires == Instant.MaxValue ? TimeSpan.MaxValue : entry.Expires - now;
            result.Add(new StoredAddress(address, entry.Source, entry.Ttl, remaining, entry.IsCertified, entry.LastDialSucceeded));
        }

        return result;
    }

    // The address that would end first makes room for one that lives longer.
    private bool MakeRoom(Instant expires, Instant now)
    {
        if (Collect(now))
            return true;
        Multiaddress? first = null;
        var earliest = expires;
        foreach (var (address, entry) in _entries)
        {
            if (entry.Expires < earliest)
                (first, earliest) = (address, entry.Expires);
        }

        return first is not null && _entries.Remove(first);
    }

    private sealed class Entry
    {
        public required AddressSource Source { get; set; }

        public required TimeSpan Ttl { get; set; }

        public required Instant Expires { get; set; }

        public required bool IsCertified { get; set; }

        public bool? LastDialSucceeded { get; set; }
    }
}
