using PeerNet.Core.Time;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// Decides when a table looks for peers: for its own key at the start and from time to time, for a random key of each bucket that nobody
/// looked into for a while, and sooner while it has few. A pure machine; one refresh at a time. Not thread-safe.
/// </summary>
public sealed class RefreshSchedule
{
    // "Amino": buckets beyond are too small to be worth it.
    private const int MaxBucket = 15;

    // Implementation limit: peers that arrive together are one reason.
    private static readonly TimeSpan GrowthDelay = TimeSpan.FromSeconds(1);

    // Nodes that join at the same time ask before the others are known: few peers are asked again soon, then ever more seldom.
    private static readonly TimeSpan FirstLowDelay = TimeSpan.FromSeconds(2);

    private readonly RoutingTable _table;
    private readonly RefreshOptions _options;
    private readonly Random _random;
    private readonly List<Instant?> _lookedInto = [];
    private Instant _selfDue;
    private Instant _selfTaken = Instant.MinValue;
    private TimeSpan _lowDelay = FirstLowDelay;
    private int _knownCount;

    /// <summary>Begins with a lookup of the own key that is due at once.</summary>
    /// <param name="table">The table.</param>
    /// <param name="options">Times.</param>
    /// <param name="random">Jitter, so that nodes started together do not stay together.</param>
    /// <param name="now">The time.</param>
    public RefreshSchedule(RoutingTable table, RefreshOptions options, Random random, Instant now)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(random);
        _table = table;
        _options = options;
        _random = random;
        _selfDue = now;
    }

    /// <summary>Whether the table has so few peers that it looks for more soon, and asks those it was told at the start.</summary>
    public bool IsLow => _table.Count < _options.LowPeers;

    /// <summary>When <see cref="TryTake"/> has something next.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = SelfDue;
            for (var bucket = 0; bucket < BucketsToRefresh; bucket++)
                next = Instant.Min(next, BucketDue(bucket));
            return next;
        }
    }

    // The first peers lead to the next ones: while there are few, each new one is a reason to look again.
    private Instant SelfDue => _table.Count > _knownCount && _knownCount < _options.LowPeers ? Instant.Min(_selfDue, _selfTaken + GrowthDelay) : _selfDue;

    // The own neighbourhood, where the twenty nearest are, is covered by the lookup of the own key.
    private int BucketsToRefresh
    {
        get
        {
            var near = 0;
            var buckets = _table.BucketCount;
            while (buckets > 0 && near < KadProtocol.BucketSize)
                near += _table.CountIn(--buckets);
            return near < KadProtocol.BucketSize ? 0 : Math.Min(buckets + 1, MaxBucket + 1);
        }
    }

    /// <summary>What to look for now: a bucket, or the own key when <paramref name="bucket"/> is null.</summary>
    public bool TryTake(Instant now, out int? bucket)
    {
        bucket = null;
        if (_table.Count == 0)
        {
            // Nobody to ask: whoever brings the first peer makes this due.
            _selfDue = now + _options.LowInterval;
            _knownCount = 0;
            return false;
        }

        if (SelfDue <= now)
        {
            if (_table.Count > _knownCount)
                _lowDelay = FirstLowDelay;
            _knownCount = _table.Count;
            _selfTaken = now;
            _selfDue = now + Jittered(IsLow ? _lowDelay : _options.Interval);
            _lowDelay = TimeSpan.FromTicks(Math.Min(_lowDelay.Ticks * 2, _options.LowInterval.Ticks));
            return true;
        }

        for (var i = 0; i < BucketsToRefresh; i++)
        {
            if (BucketDue(i) > now)
                continue;
            OnLookedInto(i, now);
            bucket = i;
            return true;
        }

        return false;
    }

    /// <summary>A key was looked up, for whatever reason: its bucket is fresh.</summary>
    public void OnLookup(KadKey target, Instant now) => OnLookedInto(Math.Min(_table.LocalKey.CommonPrefixLength(target), KadKey.Bits - 1), now);

    /// <summary>The table was filled with what is fresh: nothing is due before an interval has gone by.</summary>
    public void OnFilled(Instant now)
    {
        _knownCount = _table.Count;
        _selfDue = now + Jittered(_options.Interval);
        for (var bucket = 0; bucket < _table.BucketCount; bucket++)
            OnLookedInto(bucket, now);
    }

    /// <summary>Makes everything due now.</summary>
    public void Expedite(Instant now)
    {
        _selfDue = now;
        for (var i = 0; i < _lookedInto.Count; i++)
            _lookedInto[i] = null;
    }

    private Instant BucketDue(int bucket)
        => bucket < _lookedInto.Count && _lookedInto[bucket] is { } last ? last + _options.Interval : _table.CountIn(bucket) > 0 ? Instant.MinValue : Instant.MaxValue;

    private void OnLookedInto(int bucket, Instant now)
    {
        if (bucket > MaxBucket)
            return;
        while (_lookedInto.Count <= bucket)
            _lookedInto.Add(null);

        // Spread over a tenth of the interval, and never all at once.
        _lookedInto[bucket] = now + (_options.Interval * -0.1 * _random.NextDouble());
    }

    private TimeSpan Jittered(TimeSpan interval) => interval * (0.9 + (0.1 * _random.NextDouble()));
}

/// <summary>How often a table looks for peers.</summary>
public sealed record RefreshOptions
{
    /// <summary>Between two refreshes of the same bucket ("Amino").</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between two lookups of the own key while the table has few peers, at the longest: the first ones follow one another sooner.</summary>
    public TimeSpan LowInterval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Fewer peers than this are few.</summary>
    public int LowPeers { get; init; } = 10;
}
