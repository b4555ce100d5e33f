namespace PeerNet.Protocols.Kad;

/// <summary>Work that nobody waits for until the end: counted, so that the end can wait. Thread-safe.</summary>
internal sealed class BackgroundWork
{
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _tasks = [];

    /// <summary>Starts work that ends by itself and does not fail; it is not started when <paramref name="limit"/> others run.</summary>
    public bool TryStart(Func<Task> work, int limit = int.MaxValue)
    {
        Task task;
        lock (_lock)
        {
            if (_tasks.Count >= limit)
                return false;
            task = RunAsync(work);
            if (task.IsCompleted)
                return true;
            _tasks.Add(task);
        }

        _ = task.ContinueWith(
            ended =>
            {
                lock (_lock)
                    _tasks.Remove(ended);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return true;
    }

    /// <summary>Waits for what runs now.</summary>
    public Task WhenIdleAsync()
    {
        lock (_lock)
            return Task.WhenAll(_tasks);
    }

    private static async Task RunAsync(Func<Task> work)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await work().ConfigureAwait(false);
    }
}
