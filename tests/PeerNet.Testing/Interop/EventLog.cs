using System.Text.Json;

namespace PeerNet.Testing.Interop;

/// <summary>
/// The events of one peer, in order, and those who wait for one. Only the newest are kept. Safe for concurrent use.
/// </summary>
internal sealed class EventLog
{
    private const int MaxEvents = 4096;

    private readonly Lock _gate = new();
    private readonly Queue<JsonElement> _events = new();
    private readonly List<Waiter> _waiters = [];
    private Exception? _ended;

    /// <summary>How many events there have been; an event's number is how many came before it.</summary>
    public long Count { get; private set; }

    /// <summary>The kept events from that number on, oldest first.</summary>
    public IReadOnlyList<JsonElement> Since(long number)
    {
        lock (_gate)
            return [.. _events.Skip((int)Math.Max(0, number - (Count - _events.Count)))];
    }

    public void Add(JsonElement @event)
    {
        lock (_gate)
        {
            if (_events.Count == MaxEvents)
                _events.Dequeue();
            _events.Enqueue(@event);
            Count++;
            _waiters.RemoveAll(waiter => waiter.TryTake(@event));
        }
    }

    /// <summary>No more events will come.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            _ended = reason;
            foreach (var waiter in _waiters)
                waiter.Done.TrySetException(reason);
            _waiters.Clear();
        }
    }

    /// <summary>The first event since <paramref name="number"/> that matches, past or future.</summary>
    public async Task<JsonElement> WaitAsync(Func<JsonElement, bool> match, TimeSpan deadline, long number, CancellationToken cancellation)
    {
        var waiter = new Waiter(match);
        lock (_gate)
        {
            if (!Since(number).Any(waiter.TryTake))
            {
                if (_ended is not null)
                    throw _ended;
                _waiters.Add(waiter);
            }
        }

        try
        {
            return await waiter.Done.Task.WaitAsync(deadline, cancellation);
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(waiter);
        }
    }

    private sealed class Waiter(Func<JsonElement, bool> match)
    {
        public TaskCompletionSource<JsonElement> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>True when the wait is over. A predicate that throws ends the wait, not the reader.</summary>
        public bool TryTake(JsonElement @event)
        {
            try
            {
                return match(@event) && Done.TrySetResult(@event);
            }
            catch (Exception e)
            {
                Done.TrySetException(e);
                return true;
            }
        }
    }
}
