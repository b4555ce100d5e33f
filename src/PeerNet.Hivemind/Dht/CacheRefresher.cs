namespace PeerNet.Hivemind.Dht;

/// <summary>Looks up again what was read from the cache before it ends there, a few keys at a time. Thread-safe.</summary>
internal sealed class CacheRefresher(DhtContext context) : IDisposable
{
    // Implementation limits: keys that are kept fresh, keys of one lookup (as in Hivemind), and how much longer what is found should last.
    private const int MaxKeys = 4096;
    private const int MaxBatch = 16;
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly CacheRefreshQueue _queue = new(context.Options.CacheRefreshBeforeExpiry, MaxKeys);
    private readonly SemaphoreSlim _changed = new(0, 1);
    private bool _isDisposed;

    /// <summary>Has a key looked up again before it ends.</summary>
    public void Schedule(DhtId key, DhtExpiration end)
    {
        if (context.Options.CacheRefreshBeforeExpiry <= TimeSpan.Zero)
            return;
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _queue.Schedule(key, end);
            if (_changed.CurrentCount == 0)
                _changed.Release();
        }
    }

    public void Dispose()
    {
        lock (_lock)
            _isDisposed = true;
        _changed.Dispose();
    }

    /// <summary>Runs until the token ends it.</summary>
    public async Task RunAsync(Func<IReadOnlyCollection<DhtId>, DhtExpiration, CancellationToken, Task> refreshAsync, CancellationToken token)
    {
        while (true)
        {
            List<(DhtId Key, DhtExpiration End)> due;
            TimeSpan wait;
            lock (_lock)
            {
                due = _queue.TakeDue(context.Now, MaxBatch);
                wait = _queue.NextDue is { } next ? TimeSpan.FromSeconds(Math.Clamp(next.Seconds - context.Now.Seconds, 0.01, 3600)) : Timeout.InfiniteTimeSpan;
            }

            if (due.Count > 0)
            {
                var sufficient = due.Max(item => item.End) + context.Options.CacheRefreshBeforeExpiry + Margin;
                await refreshAsync([.. due.Select(item => item.Key)], sufficient, token).ConfigureAwait(false);
                continue;
            }

            using var awake = CancellationTokenSource.CreateLinkedTokenSource(token);
            await Task.WhenAny(_changed.WaitAsync(awake.Token), Task.Delay(wait, context.Time, awake.Token)).ConfigureAwait(false);
            await awake.CancelAsync().ConfigureAwait(false);
            token.ThrowIfCancellationRequested();
        }
    }
}
