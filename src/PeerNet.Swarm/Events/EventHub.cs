using System.Threading.Channels;

namespace PeerNet.Swarm.Events;

/// <summary>
/// Hands every event to every subscriber. Publishing never waits and never runs a subscriber's code; a subscriber that falls behind loses
/// its oldest events and is told how many. Thread-safe.
/// </summary>
internal sealed class EventHub(TimeProvider time, int queueLength)
{
    private readonly Lock _lock = new();
    private Subscription[] _subscriptions = [];

    /// <summary>Whether anybody listens: spares making events that nobody reads.</summary>
    public bool HasSubscribers => Volatile.Read(ref _subscriptions).Length > 0;

    /// <summary>The time for a new event.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    public void Publish(SwarmEvent happened)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
            subscription.Write(happened);
    }

    /// <summary>Subscribes at once, not at the first read, so that nothing between the two is lost.</summary>
    public IAsyncEnumerable<SwarmEvent> Subscribe(CancellationToken token)
    {
        var subscription = new Subscription(this, queueLength);
        lock (_lock)
            Volatile.Write(ref _subscriptions, [.. _subscriptions, subscription]);
        return subscription.ReadAsync(token);
    }

    /// <summary>Lets subscribers read what is queued, then ends them.</summary>
    public void Complete()
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
            subscription.Complete();
    }

    private void Remove(Subscription subscription)
    {
        lock (_lock)
            Volatile.Write(ref _subscriptions, Array.FindAll(_subscriptions, other => other != subscription));
    }

    private sealed class Subscription
    {
        private readonly EventHub _hub;
        private readonly Channel<SwarmEvent> _queue;
        private CancellationTokenRegistration _registration;
        private long _missed;

        public Subscription(EventHub hub, int queueLength)
        {
            _hub = hub;
            _queue = Channel.CreateBounded<SwarmEvent>(
                new BoundedChannelOptions(queueLength) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
                _ => Interlocked.Increment(ref _missed));
        }

        public void Write(SwarmEvent happened) => _queue.Writer.TryWrite(happened);

        public void Complete() => _queue.Writer.TryComplete();

        public IAsyncEnumerable<SwarmEvent> ReadAsync(CancellationToken token)
        {
            // A subscriber that never reads would otherwise stay subscribed for ever.
            _registration = token.UnsafeRegister(
                static state =>
                {
                    var self = (Subscription)state!;
                    self._hub.Remove(self);
                    self.Complete();
                },
                this);
            return Iterate(token);
        }

        private async IAsyncEnumerable<SwarmEvent> Iterate([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
        {
            try
            {
                while (await _queue.Reader.WaitToReadAsync(token).ConfigureAwait(false))
                {
                    while (_queue.Reader.TryRead(out var happened))
                    {
                        var missed = Interlocked.Exchange(ref _missed, 0);
                        if (missed > 0)
                            yield return new EventsMissed(_hub.Now, missed);
                        yield return happened;
                    }
                }

                token.ThrowIfCancellationRequested();
            }
            finally
            {
                await _registration.DisposeAsync().ConfigureAwait(false);
                _hub.Remove(this);
            }
        }
    }
}
