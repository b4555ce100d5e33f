using System.Buffers.Binary;
using System.Net.Sockets;
using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Identify;

/// <summary>Token buckets by network, and one for all. Pure; not thread-safe.</summary>
internal sealed class IdentifyRateLimiter
{
    /// <summary>Implementation limit: networks remembered. Beyond, strangers share what all are allowed.</summary>
    public const int MaxNetworks = 16_384;

    private readonly IdentifyRateLimits _limits;
    private readonly Dictionary<Network, Bucket> _buckets = [];
    private readonly Bucket _all;

    public IdentifyRateLimiter(IdentifyRateLimits limits, Instant now)
    {
        _limits = limits;
        _all = new Bucket(limits.Rate, limits.Burst, now);
    }

    /// <summary>Networks remembered now.</summary>
    public int Count => _buckets.Count;

    /// <summary>Takes a token of every bucket that a peer's address belongs to; false, and nothing taken, when one is empty.</summary>
    public bool TryTake(Multiaddress remote, Instant now)
    {
        if (!remote.IsPublic() || !remote.TryGetIPAddress(out var address))
            return true;
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        var ip = address.Unmap();
        _ = ip.TryWriteBytes(bytes, out _);
        var prefix = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        var isIp4 = ip.AddressFamily == AddressFamily.InterNetwork;

        // An IPv4 address fills the upper half of the eight bytes: its /24 is their upper 24 bits.
        var own = Find(isIp4 ? new Network(prefix >> 40, 24) : new Network(prefix >> 8, 56), _limits.NetworkRate, _limits.NetworkBurst, now);
        var provider = isIp4 ? null : Find(new Network(prefix >> 16, 48), _limits.ProviderRate, _limits.ProviderBurst, now);
        if (!_all.Has(now) || own?.Has(now) == false || provider?.Has(now) == false)
            return false;
        _all.Take();
        own?.Take();
        provider?.Take();
        return true;
    }

    private Bucket? Find(Network network, double rate, int burst, Instant now)
    {
        if (_buckets.TryGetValue(network, out var bucket))
            return bucket;
        if (_buckets.Count >= MaxNetworks)
            Collect(now);
        if (_buckets.Count >= MaxNetworks)
            return null;
        bucket = new Bucket(rate, burst, now);
        _buckets.Add(network, bucket);
        return bucket;
    }

    /// <summary>Forgets networks that are allowed as much as unknown ones.</summary>
    private void Collect(Instant now)
    {
        foreach (var (network, bucket) in _buckets)
        {
            if (bucket.IsFull(now))
                _buckets.Remove(network);
        }
    }

    private readonly record struct Network(ulong Prefix, int Bits);

    private sealed class Bucket(double rate, int burst, Instant start)
    {
        private double _tokens = burst;
        private Instant _at = start;

        public bool Has(Instant now)
        {
            Refill(now);
            return _tokens >= 1;
        }

        public bool IsFull(Instant now)
        {
            Refill(now);
            return _tokens >= burst;
        }

        public void Take() => _tokens--;

        private void Refill(Instant now)
        {
            _tokens = double.IsPositiveInfinity(rate) ? burst : Math.Min(burst, _tokens + (rate * Math.Max(0, (now - _at).TotalSeconds)));
            _at = now;
        }
    }
}
