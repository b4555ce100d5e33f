namespace PeerNet.Hivemind.Dht;

/// <summary>Which cached keys are to be looked up again, and when: some time before they end. Bounded. Not thread-safe.</summary>
internal sealed class CacheRefreshQueue(TimeSpan before, int capacity)
{
    private readonly PriorityQueue<DhtId, DhtExpiration> _queue = new();
    private readonly Dictionary<DhtId, DhtExpiration> _ends = [];

    public int Count => _ends.Count;

    /// <summary>When the next key is due; null when there is none.</summary>
    public DhtExpiration? NextDue
    {
        get
        {
            DropStale();
            return _queue.TryPeek(out _, out var end) ? end + -before : null;
        }
    }

    /// <summary>Adds a key, or moves its time. When the queue is full the key is left to end.</summary>
    public void Schedule(DhtId key, DhtExpiration end)
    {
        if (double.IsPositiveInfinity(end.Seconds) || (_ends.Count >= capacity && !_ends.ContainsKey(key)) || _ends.GetValueOrDefault(key) == end)
            return;
        _ends[key] = end;
        _queue.Enqueue(key, end);
    }

    /// <summary>Takes the keys that are due, the first to end first.</summary>
    public List<(DhtId Key, DhtExpiration End)> TakeDue(DhtExpiration now, int max)
    {
        var due = new List<(DhtId Key, DhtExpiration End)>();
        while (due.Count < max && NextDue is { } next && next <= now)
        {
            var key = _queue.Dequeue();
            _ends.Remove(key, out var end);
            due.Add((key, end));
        }

        return due;
    }

    // A key whose time was moved stands in the queue more than once.
    private void DropStale()
    {
        while (_queue.TryPeek(out var key, out var end) && !(_ends.TryGetValue(key, out var current) && current == end))
            _queue.Dequeue();
    }
}
