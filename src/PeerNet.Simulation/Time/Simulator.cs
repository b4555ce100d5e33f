namespace PeerNet.Simulation.Time;

/// <summary>
/// Runs asynchronous code in virtual time: whenever the thread pool has nothing left to do, the clock goes to what is due next. With a pool
/// of one thread, which this project's settings ask for, a run is a function of its seed.
/// </summary>
public sealed class Simulator(VirtualTime time)
{
    /// <summary>Whether the pool has one thread, as a run that can be repeated needs.</summary>
    public static bool IsRepeatable
    {
        get
        {
            ThreadPool.GetMaxThreads(out var workers, out _);
            return workers == 1;
        }
    }

    /// <summary>Runs something to its end, from a thread that is not the pool's.</summary>
    /// <exception cref="InvalidOperationException">It waits for something that can never happen.</exception>
    public void Run(Func<Task> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!IsRepeatable)
            throw new InvalidOperationException("A simulation needs a thread pool of one thread: start it as a program of its own.");
        var pump = new Pump(time, work);
        ThreadPool.UnsafeQueueUserWorkItem(pump, preferLocal: false);
        pump.Ended.GetAwaiter().GetResult();
    }

    private sealed class Pump(VirtualTime time, Func<Task> work) : IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _ended = new();
        private Task? _work;

        public Task Ended => _ended.Task;

        public void Execute()
        {
            try
            {
                _work ??= work();
                while (ThreadPool.PendingWorkItemCount == 0)
                {
                    if (_work.IsCompleted)
                    {
                        _ended.TrySetFromTask(_work);
                        return;
                    }

                    if (!time.TryStep())
                        throw new InvalidOperationException($"Nothing is left to happen after {time.Elapsed}, and what runs still waits.");
                }

                // Behind all that is ready.
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
            catch (Exception error)
            {
                _ended.TrySetException(error);
            }
        }
    }
}
