using System.Net;
using System.Net.Sockets;
using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

/// <summary>
/// Limits the inbound connections of one address and of one network: how many there are, and how fast they come. This machine itself is not
/// limited. Pure; not thread-safe.
/// </summary>
internal sealed class AddressLimiter(AddressLimits limits)
{
    /// <summary>Implementation limit: addresses counted. Beyond, strangers are left to the limits of the whole node.</summary>
    public const int MaxEntries = 65_536;

    /// <summary>Implementation limit: a flood of addresses must not make every one of them sweep the table.</summary>
    private static readonly TimeSpan CollectPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Group, Entry> _groups = [];
    private Instant _nextCollect = Instant.MinValue;

    public int Count => _groups.Count;

    /// <summary>Counts a connection in; false when its address has or makes too many.</summary>
    public bool TryEnter(IPAddress address, Instant now)
    {
        if (!TryGroup(address, out var narrow, out var wide))
            return true;
        var own = Find(narrow, limits.Burst, now);
        var provider = wide is { } prefix ? Find(prefix, limits.ProviderBurst, now) : null;
        var most = wide is null ? limits.PerIPv4 : limits.PerIPv6Site;
        if (own is null)
            return true;
        own.Refill(limits.Rate, limits.Burst, now);
        provider?.Refill(limits.ProviderRate, limits.ProviderBurst, now);
        if (own.Open >= most || own.Tokens < 1 || (provider is not null && (provider.Open >= limits.PerIPv6Provider || provider.Tokens < 1)))
            return false;
        own.Take();
        provider?.Take();
        return true;
    }

    /// <summary>Counts a connection out.</summary>
    public void Leave(IPAddress address)
    {
        if (!TryGroup(address, out var narrow, out var wide))
            return;
        if (_groups.TryGetValue(narrow, out var own) && own.Open > 0)
            own.Open--;
        if (wide is { } prefix && _groups.TryGetValue(prefix, out var provider) && provider.Open > 0)
            provider.Open--;
    }

    /// <summary>Forgets addresses without a connection whose allowance is whole again.</summary>
    public void Collect(Instant now)
    {
        foreach (var (group, entry) in _groups)
        {
            var (rate, burst) = group.IsWide ? (limits.ProviderRate, limits.ProviderBurst) : (limits.Rate, limits.Burst);
            entry.Refill(rate, burst, now);
            if (entry.Open == 0 && entry.Tokens >= burst)
                _groups.Remove(group);
        }
    }

    private static bool TryGroup(IPAddress address, out Group narrow, out Group? wide)
    {
        (narrow, wide) = (default, null);
        var ip = address.Unmap();
        if (IPAddress.IsLoopback(ip))
            return false;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        if (!ip.TryWriteBytes(bytes, out _))
            return false;
        var high = System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes);
        if (ip.AddressFamily == AddressFamily.InterNetwork)
        {
            narrow = new Group(high, IsIp4: true, IsWide: false);
            return true;
        }

        narrow = new Group(high >> 8, IsIp4: false, IsWide: false);
        wide = new Group(high >> 16, IsIp4: false, IsWide: true);
        return true;
    }

    private Entry? Find(Group group, int burst, Instant now)
    {
        if (_groups.TryGetValue(group, out var entry))
            return entry;
        if (_groups.Count >= MaxEntries && now >= _nextCollect)
        {
            Collect(now);
            _nextCollect = now + CollectPause;
        }

        if (_groups.Count >= MaxEntries)
            return null;
        entry = new Entry { Tokens = burst, At = now };
        _groups.Add(group, entry);
        return entry;
    }

    private readonly record struct Group(ulong Prefix, bool IsIp4, bool IsWide);

    private sealed class Entry
    {
        public int Open { get; set; }

        public double Tokens { get; set; }

        public Instant At { get; set; }

        public void Take()
        {
            Open++;
            Tokens--;
        }

        public void Refill(double rate, int burst, Instant now)
        {
            Tokens = double.IsPositiveInfinity(rate) ? burst : Math.Min(burst, Tokens + (rate * (now - At).TotalSeconds));
            At = now;
        }
    }
}
