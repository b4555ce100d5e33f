using PeerNet.Core.Time;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// Estimates how many peers the network has from how near the nearest are to random keys: a pure machine. In a network of N the i-th
/// nearest is at i / (N + 1) of the key space on average. It takes the median of many lookups of keys that nobody chose, and follows it
/// slowly, so that peers gathered around one key, or a few liars, move it little. Not thread-safe.
/// </summary>
public sealed class NetworkSizeEstimator
{
    // Implementation limits: as many samples as go keeps, over as long.
    private const int MinSamples = 5;
    private const int MaxSamples = 150;

    // A lookup that found fewer says little.
    private const int MinPeersPerSample = 8;

    // The estimate at most doubles or halves in this time.
    private static readonly TimeSpan DoublingTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan SampleLifetime = TimeSpan.FromHours(2);

    private readonly Queue<(Instant At, double Size)> _samples = [];
    private double? _estimate;
    private Instant _estimatedAt;

    /// <summary>The estimate; null before there are samples enough.</summary>
    public double? Estimate => _estimate;

    /// <summary>
    /// The distance within which about <paramref name="count"/> peers are; null without an estimate, and in a network not much larger than
    /// that.
    /// </summary>
    public Distance? RadiusFor(int count) => _estimate is { } size && size > 2 * count ? Distance.FromFraction(count / size) : null;

    /// <summary>The peers nearest to a random key were found.</summary>
    /// <param name="target">The key: chosen by this node, by chance.</param>
    /// <param name="closest">The nearest peers that answered, nearest first.</param>
    /// <param name="now">The time.</param>
    public void OnLookup(KadKey target, IReadOnlyList<KadKey> closest, Instant now)
    {
        ArgumentNullException.ThrowIfNull(closest);
        if (closest.Count < MinPeersPerSample)
            return;

        // The slope of distance over rank through the origin, least squares.
        double ranks = 0;
        double weighted = 0;
        for (var i = 0; i < closest.Count; i++)
        {
            ranks += (double)(i + 1) * (i + 1);
            weighted += (i + 1) * closest[i].DistanceTo(target).Fraction;
        }

        if (weighted <= 0)
            return;
        _samples.Enqueue((now, Math.Max(closest.Count, (ranks / weighted) - 1)));
        while (_samples.Count > MaxSamples || now - _samples.Peek().At > SampleLifetime)
            _samples.Dequeue();
        if (_samples.Count >= MinSamples)
            Follow(Median(), now);
    }

    private void Follow(double median, Instant now)
    {
        if (_estimate is { } old)
        {
            var factor = Math.Pow(2, Math.Min(1, (now - _estimatedAt) / DoublingTime));
            median = Math.Clamp(median, old / factor, old * factor);
        }

        _estimate = median;
        _estimatedAt = now;
    }

    private double Median()
    {
        var sorted = _samples.Select(sample => sample.Size).Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
