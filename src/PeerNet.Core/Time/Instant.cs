namespace PeerNet.Core.Time;

/// <summary>
/// A point on a monotonic clock, in ticks of 100 ns from an arbitrary start. State machines take it as an argument and never read a
/// clock themselves, so that a run can be replayed; drivers make it with <see cref="InstantExtensions.GetInstant"/>.
/// </summary>
/// <param name="Ticks">Ticks of 100 ns since the clock's start.</param>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>The earliest instant.</summary>
    public static Instant MinValue => new(long.MinValue);

    /// <summary>An instant that never comes.</summary>
    public static Instant MaxValue => new(long.MaxValue);

    /// <inheritdoc />
    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    /// <summary>This instant moved by a span; saturates instead of overflowing.</summary>
    public Instant Add(TimeSpan span)
    {
        var sum = unchecked(Ticks + span.Ticks);
        if (((Ticks ^ sum) & (span.Ticks ^ sum)) < 0)
            return span.Ticks > 0 ? MaxValue : MinValue;
        return new Instant(sum);
    }

    /// <summary>This instant moved back by a span; saturates instead of overflowing.</summary>
    public Instant Subtract(TimeSpan span) => span == TimeSpan.MinValue ? MaxValue : Add(-span);

    /// <summary>The time from <paramref name="earlier"/> to this instant.</summary>
    public TimeSpan Since(Instant earlier) => TimeSpan.FromTicks(Ticks - earlier.Ticks);

    /// <summary>Moves an instant by a span.</summary>
    public static Instant operator +(Instant instant, TimeSpan span) => instant.Add(span);

    /// <summary>Moves an instant back by a span.</summary>
    public static Instant operator -(Instant instant, TimeSpan span) => instant.Subtract(span);

    /// <summary>The time between two instants.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) => later.Since(earlier);

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    /// <summary>Whether <paramref name="left"/> is not later.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    /// <summary>Whether <paramref name="left"/> is not earlier.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    /// <summary>The earlier of two instants.</summary>
    public static Instant Min(Instant left, Instant right) => left < right ? left : right;

    /// <summary>The later of two instants.</summary>
    public static Instant Max(Instant left, Instant right) => left > right ? left : right;
}

/// <summary>Reads instants and makes deadlines from a <see cref="TimeProvider"/>.</summary>
public static class InstantExtensions
{
    /// <summary>The provider's monotonic time now.</summary>
    public static Instant GetInstant(this TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        var stamp = time.GetTimestamp();
        var frequency = time.TimestampFrequency;
        if (frequency == TimeSpan.TicksPerSecond)
            return new Instant(stamp);
        if (frequency > TimeSpan.TicksPerSecond && frequency % TimeSpan.TicksPerSecond == 0)
            return new Instant(stamp / (frequency / TimeSpan.TicksPerSecond));
        return new Instant((long)(stamp * ((double)TimeSpan.TicksPerSecond / frequency)));
    }

    /// <summary>
    /// A wait in whole milliseconds, rounded up: timers cut off the rest, so that a wait for a deadline would end just before it and its loop
    /// spin until then.
    /// </summary>
    public static TimeSpan ForTimer(this TimeSpan wait)
    {
        var rest = wait.Ticks % TimeSpan.TicksPerMillisecond;
        return rest <= 0 || wait > TimeSpan.MaxValue - TimeSpan.FromMilliseconds(1) ? wait : TimeSpan.FromTicks(wait.Ticks - rest + TimeSpan.TicksPerMillisecond);
    }

    /// <summary>A source that cancels after <paramref name="timeout"/> of the provider's time, or when <paramref name="token"/> does.</summary>
    public static CancellationTokenSource CreateDeadline(this TimeProvider time, TimeSpan timeout, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(time);
        timeout = timeout.ForTimer();
        var source = CancellationTokenSource.CreateLinkedTokenSource(token);
        if (ReferenceEquals(time, TimeProvider.System))
        {
            source.CancelAfter(timeout);
            return source;
        }

        // CancelAfter only knows the system clock: a source over a provider's timer follows virtual time.
        source.Dispose();
        return new ProviderDeadline(timeout, time, token);
    }

    /// <summary>A deadline by a provider's clock that lets go of the outer token when it is disposed.</summary>
    private sealed class ProviderDeadline : CancellationTokenSource
    {
        private readonly CancellationTokenRegistration _link;

        public ProviderDeadline(TimeSpan timeout, TimeProvider time, CancellationToken token)
            : base(timeout, time)
            => _link = token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), this);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                _link.Dispose();
            base.Dispose(disposing);
        }
    }
}
