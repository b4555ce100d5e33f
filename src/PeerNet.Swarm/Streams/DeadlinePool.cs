using System.Collections.Concurrent;

namespace PeerNet.Swarm.Streams;

/// <summary>
/// Deadlines for short waits, reused: every stream takes one while it is negotiated, and nearly none of them ever fires. Thread-safe.
/// </summary>
internal sealed class DeadlinePool(TimeProvider time)
{
    /// <summary>Implementation limit: idle sources kept.</summary>
    private const int Kept = 256;

    private readonly ConcurrentBag<CancellationTokenSource> _idle = [];
    private int _count;

    /// <summary>A source that cancels after a while, or with a token. Give it back with <see cref="Return"/>.</summary>
    public Deadline Rent(TimeSpan timeout, CancellationToken token)
    {
        if (!_idle.TryTake(out var source))
            source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        else
            Interlocked.Decrement(ref _count);
        source.CancelAfter(timeout);
        var registration = token.CanBeCanceled
            ? token.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source)
            : default;
        return new Deadline(source, registration);
    }

    public void Return(Deadline deadline)
    {
        // The registration must be gone first: it would cancel the next renter's wait.
        deadline.Registration.Dispose();
        if (deadline.Source.TryReset())
        {
            if (Interlocked.Increment(ref _count) <= Kept)
            {
                _idle.Add(deadline.Source);
                return;
            }

            Interlocked.Decrement(ref _count);
        }

        deadline.Source.Dispose();
    }
}

/// <summary>A rented deadline.</summary>
internal readonly record struct Deadline(CancellationTokenSource Source, CancellationTokenRegistration Registration)
{
    public CancellationToken Token => Source.Token;
}
