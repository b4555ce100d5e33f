using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>
/// When to try which address of a peer. Attempts start as their delays say, never more than a few at once; a failure makes the next one due
/// at once. While others wait for a place, an attempt that has had its time gives its place up and gets a second chance at the end, so that
/// dead addresses in front do not hide a good one behind. A machine: no clock, no tasks, not thread-safe.
/// </summary>
/// <remarks>Drain order for the driver: <see cref="TryTakeDisplaced"/>, then <see cref="TryStart"/>, then wait until <see cref="NextDeadline"/>.</remarks>
internal sealed class DialScheduler
{
    private readonly int _maxParallel;
    private readonly TimeSpan _yieldAfter;
    private readonly List<Entry> _entries = [];

    public DialScheduler(int maxParallel, TimeSpan yieldAfter)
    {
        _maxParallel = maxParallel;
        _yieldAfter = yieldAfter;
    }

    /// <summary>Addresses added so far.</summary>
    public int Count => _entries.Count;

    /// <summary>Attempts that run.</summary>
    public int Running { get; private set; }

    /// <summary>Whether nothing runs and nothing is left to try.</summary>
    public bool IsExhausted => Running == 0 && !_entries.Exists(entry => entry.State == State.Waiting);

    /// <summary>Adds addresses; what was added before stays as it is.</summary>
    public void Add(IEnumerable<RankedAddress> addresses, Instant now)
    {
        foreach (var ranked in addresses)
        {
            if (_entries.Exists(entry => entry.Address == ranked.Address))
                continue;
            _entries.Add(new Entry(_entries.Count, ranked.Address) { Due = now + ranked.Delay });
        }
    }

    /// <summary>Starts the next attempt that is due, if there is a place for it.</summary>
    public bool TryStart(Instant now, out DialAttemptId attempt, out Multiaddress? address)
    {
        var next = Running < _maxParallel ? FirstWaiting() : null;
        if (next is null || next.Due > now)
        {
            (attempt, address) = (default, null);
            return false;
        }

        Running++;
        next.State = State.Running;
        next.StartedAt = now;
        (attempt, address) = (new DialAttemptId(next.Index), next.Address);
        return true;
    }

    /// <summary>An attempt that has to give up its place to one that waits for it. The driver ends it and then tells so as usual.</summary>
    public bool TryTakeDisplaced(Instant now, out DialAttemptId attempt)
    {
        attempt = default;
        if (Running < _maxParallel || PlacesWanted(now) <= 0)
            return false;
        foreach (var entry in _entries)
        {
            if (entry.State != State.Running || entry.IsDisplaced || entry.IsSecondChance || now - entry.StartedAt < _yieldAfter)
                continue;
            entry.IsDisplaced = true;
            attempt = new DialAttemptId(entry.Index);
            return true;
        }

        return false;
    }

    /// <summary>An attempt failed.</summary>
    /// <returns>Whether that is final; a displaced attempt is to come again.</returns>
    public bool OnFailed(DialAttemptId attempt, Instant now)
    {
        var entry = _entries[attempt.Index];
        Running--;
        var isFinal = !entry.IsDisplaced;
        if (isFinal)
        {
            entry.State = State.Failed;
        }
        else
        {
            entry.State = State.Waiting;
            entry.IsDisplaced = false;
            entry.IsSecondChance = true;
            entry.Due = now;
        }

        if (FirstWaiting() is { } next && next.Due > now)
            next.Due = now;
        return isFinal;
    }

    /// <summary>Whether a running attempt is being displaced.</summary>
    public bool IsDisplaced(DialAttemptId attempt) => _entries[attempt.Index].IsDisplaced;

    /// <summary>When to look again although nothing has happened; null when only an attempt's end can change anything.</summary>
    public Instant? NextDeadline(Instant now)
    {
        if (FirstWaiting() is not { } next)
            return null;
        if (Running < _maxParallel)
            return next.Due;
        if (next.IsSecondChance)
            return null;
        Instant? earliest = null;
        foreach (var entry in _entries)
        {
            if (entry.State != State.Running || entry.IsDisplaced || entry.IsSecondChance)
                continue;
            var yields = entry.StartedAt + _yieldAfter;
            if (next.Due > yields)
                yields = next.Due;
            earliest = earliest is { } known ? Instant.Min(known, yields) : yields;
        }

        return earliest;
    }

    // Fresh addresses that are due, less the attempts that are giving up their place already.
    private int PlacesWanted(Instant now)
    {
        var wanted = 0;
        foreach (var entry in _entries)
        {
            if (entry.State == State.Waiting && !entry.IsSecondChance && entry.Due <= now)
                wanted++;
            else if (entry.State == State.Running && entry.IsDisplaced)
                wanted--;
        }

        return wanted;
    }

    // First chances before second ones, then by due time, then in the order given.
    private Entry? FirstWaiting()
    {
        Entry? first = null;
        foreach (var entry in _entries)
        {
            if (entry.State != State.Waiting)
                continue;
            if (first is null || (first.IsSecondChance, first.Due.Ticks).CompareTo((entry.IsSecondChance, entry.Due.Ticks)) > 0)
                first = entry;
        }

        return first;
    }

    private enum State
    {
        Waiting,
        Running,
        Failed,
    }

    private sealed class Entry(int index, Multiaddress address)
    {
        public int Index => index;

        public Multiaddress Address => address;

        public State State { get; set; }

        public Instant Due { get; set; }

        public Instant StartedAt { get; set; }

        public bool IsDisplaced { get; set; }

        public bool IsSecondChance { get; set; }
    }
}

/// <summary>One address of one dial.</summary>
/// <param name="Index">Its place in the scheduler.</param>
internal readonly record struct DialAttemptId(int Index);
