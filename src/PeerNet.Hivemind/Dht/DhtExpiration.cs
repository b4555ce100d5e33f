namespace PeerNet.Hivemind.Dht;

/// <summary>
/// When a record ends: seconds since 1970 as the double that travels and is signed. Infinity is allowed; what is no number is none.
/// </summary>
/// <param name="Seconds">Unix time in seconds.</param>
public readonly record struct DhtExpiration(double Seconds) : IComparable<DhtExpiration>
{
    /// <summary>Never.</summary>
    public static DhtExpiration Never { get; } = new(double.PositiveInfinity);

    /// <summary>Before every time: that of an empty dictionary.</summary>
    public static DhtExpiration Always { get; } = new(double.NegativeInfinity);

    /// <summary>Whether it is a time at all. Python's node takes one that is no number and never lets go of the record.</summary>
    public bool IsTime => !double.IsNaN(Seconds);

    /// <summary>The clock's time now.</summary>
    public static DhtExpiration Now(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        return From(time.GetUtcNow());
    }

    /// <summary>A point in time.</summary>
    public static DhtExpiration From(DateTimeOffset time) => new((time - DateTimeOffset.UnixEpoch).Ticks / (double)TimeSpan.TicksPerSecond);

    /// <summary>Some time later.</summary>
    public DhtExpiration After(TimeSpan span) => new(Seconds + span.TotalSeconds);

    /// <summary>The next time that a double can tell from this one: enough to win over it.</summary>
    public DhtExpiration Next() => new(Math.BitIncrement(Seconds));

    /// <inheritdoc />
    public int CompareTo(DhtExpiration other) => Seconds.CompareTo(other.Seconds);

    /// <summary>Whether <paramref name="left"/> is earlier.</summary>
    public static bool operator <(DhtExpiration left, DhtExpiration right) => left.Seconds < right.Seconds;

    /// <summary>Whether <paramref name="left"/> is later.</summary>
    public static bool operator >(DhtExpiration left, DhtExpiration right) => left.Seconds > right.Seconds;

    /// <summary>Whether <paramref name="left"/> is not later.</summary>
    public static bool operator <=(DhtExpiration left, DhtExpiration right) => left.Seconds <= right.Seconds;

    /// <summary>Whether <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(DhtExpiration left, DhtExpiration right) => left.Seconds >= right.Seconds;

    /// <summary>Some time later, as from a time to live.</summary>
    public static DhtExpiration operator +(DhtExpiration time, TimeSpan span) => time.After(span);

    /// <summary>The later of two.</summary>
    public static DhtExpiration Max(DhtExpiration left, DhtExpiration right) => left >= right ? left : right;

    /// <summary>Some time later.</summary>
    public static DhtExpiration Add(DhtExpiration time, TimeSpan span) => time.After(span);
}
