namespace PeerNet.Simulation.Time;

/// <summary>
/// A clock that stands still until it is told to go to whatever is due next. What is due at the same time happens in the order in which it
/// was asked for. Not thread-safe: everything in a simulation happens on one thread.
/// </summary>
public sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<Due, (long At, long Order)> _queue = new();
    private long _order;

    /// <summary>Where the wall clock stands at the start.</summary>
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the clock has gone.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>What the wall clock is off by: a node's own clock may be set while it runs, which its monotonic time does not feel.</summary>
    public TimeSpan WallOffset { get; set; }

    /// <inheritdoc />
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc />
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc />
    public override long GetTimestamp() => Elapsed.Ticks;

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => Start + Elapsed + WallOffset;

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets something happen after a while.</summary>
    public void Schedule(TimeSpan after, Action action) => ScheduleAt(Elapsed + after, action);

    /// <summary>Lets something happen at a time; at once when that has passed.</summary>
    public void ScheduleAt(TimeSpan at, Action action) => Enqueue(at, new Due(action, null, 0));

    /// <summary>Goes to what is due next and lets it happen.</summary>
    /// <returns>False when nothing is due any more.</returns>
    internal bool TryStep()
    {
        while (_queue.TryDequeue(out var due, out var key))
        {
            if (due.Timer is not null && due.Timer.Version != due.Version)
                continue;
            Elapsed = TimeSpan.FromTicks(Math.Max(key.At, Elapsed.Ticks));
            if (due.Timer is not null)
                due.Timer.Fire();
            else
                due.Action!();
            return true;
        }

        return false;
    }

    private void Enqueue(TimeSpan at, Due due) => _queue.Enqueue(due, (at.Ticks, _order++));

    private readonly record struct Due(Action? Action, VirtualTimer? Timer, int Version);

    private sealed class VirtualTimer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimerCallback? _callback = callback;
        private object? _state = state;
        private TimeSpan _period;

        /// <summary>Changes with every change: what was queued before is void.</summary>
        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_callback is null)
                return false;
            Version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time.Enqueue(time.Elapsed + dueTime, new Due(null, this, Version));
            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            _callback?.Invoke(_state);
        }

        public void Dispose()
        {
            // A timer that was due in an hour stays in the queue until then; what it would have called does not.
            Version++;
            _callback = null;
            _state = null;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
