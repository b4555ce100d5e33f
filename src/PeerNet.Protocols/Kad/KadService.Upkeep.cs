using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Kad;

// What the table does by itself: checks, refreshes, first peers, records that end or are to be sent out again.
public sealed partial class KadService
{
    // Implementation limits.
    private const int MaxParallelBootstraps = 2;
    private const int MaxParallelRepublishes = 4;

    private static readonly TimeSpan RecordInterval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan FirstRecordDelay = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan MinBootstrapDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxBootstrapDelay = TimeSpan.FromMinutes(2);

    /// <summary>Looks for peers now: for the own key and for a random key of every bucket. Returns when that is done.</summary>
    /// <exception cref="KadException">The routing table is empty.</exception>
    public async Task RefreshAsync(CancellationToken token = default)
    {
        using var operation = Begin(token);
        await WaitForPeersAsync(operation.Token).ConfigureAwait(false);
        _table.Expedite();
        await RefreshDueAsync(operation.Token).ConfigureAwait(false);
    }

    private async Task KeepUpAsync(Random random)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var token = _stopping.Token;
        var now = _swarm.Time.GetInstant();
        var recordsDue = now + (FirstRecordDelay * (1 + random.NextDouble()));
        var bootstrapDue = now;
        var bootstrapDelay = MinBootstrapDelay;
        Task refresh = Task.CompletedTask;
        Task bootstrap = Task.CompletedTask;
        Task records = Task.CompletedTask;
        while (!token.IsCancellationRequested)
        {
            try
            {
                var changed = _table.Changed;
                now = _swarm.Time.GetInstant();
                _client.CloseIdle(now);
                while (_table.TryTakeCheck(out var peer))
                    _ = Start(() => CheckAsync(peer, token));
                if (refresh.IsCompleted && _table.NextDeadline <= now)
                    refresh = Start(() => RefreshDueAsync(token));
                if (!_table.IsLow)
                    bootstrapDelay = MinBootstrapDelay;
                if (bootstrap.IsCompleted && bootstrapDue <= now && _table.IsLow && _options.BootstrapPeers.Count > 0)
                {
                    // Full jitter: nodes that lost the same peer do not come back together.
                    bootstrap = Start(() => BootstrapAsync(random, token));
                    bootstrapDue = now + (bootstrapDelay * (0.5 + (0.5 * random.NextDouble())));
                    bootstrapDelay = TimeSpan.FromTicks(Math.Min(bootstrapDelay.Ticks * 2, MaxBootstrapDelay.Ticks));
                }

                if (records.IsCompleted && recordsDue <= now)
                {
                    records = Start(() => KeepRecordsAsync(token));
                    recordsDue = now + RecordInterval;
                }

                var next = Instant.Min(recordsDue, now + _options.StreamIdleTimeout);
                if (refresh.IsCompleted)
                    next = Instant.Min(next, _table.NextDeadline);
                if (_options.BootstrapPeers.Count > 0 && _table.IsLow && bootstrap.IsCompleted)
                    next = Instant.Min(next, bootstrapDue);
                await WaitAsync(changed, refresh, next, token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception error)
            {
                // The one place that keeps the loop alive: a fault of ours must not end the upkeep.
                KadLog.UpkeepFaulted(_log, error, _options.Protocol);
                await Task.Delay(MinBootstrapDelay, _swarm.Time, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Starts work of the loop; it ends by itself, and its faults are logged.</summary>
    private Task Start(Func<Task> work)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.TryStart(async () =>
        {
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                // The service ends.
            }
            catch (Exception error)
            {
                KadLog.UpkeepFaulted(_log, error, _options.Protocol);
            }
            finally
            {
                ended.TrySetResult();
            }
        });
        return ended.Task;
    }

    private async Task WaitAsync(Task changed, Task refresh, Instant until, CancellationToken token)
    {
        var wait = until - _swarm.Time.GetInstant();
        if (wait <= TimeSpan.Zero)
            return;
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(token);
        var delay = Task.Delay(wait.ForTimer(), _swarm.Time, timer.Token);
        await (refresh.IsCompleted ? Task.WhenAny(changed, delay) : Task.WhenAny(changed, refresh, delay)).ConfigureAwait(false);
        await timer.CancelAsync().ConfigureAwait(false);
        token.ThrowIfCancellationRequested();
    }

    /// <summary>Asks a peer for this node's own key, as Kubo does with a newcomer: whoever answers lives, and speaks the protocol.</summary>
    private async Task CheckAsync(PeerId peer, CancellationToken token)
    {
        var wasEmpty = _table.Count == 0;
        await _runner.AskAsync(peer, new KadMessage { Type = KadMessageType.FindNode, Key = _swarm.LocalPeer.Bytes }, token).ConfigureAwait(false);
        if (wasEmpty && _table.Count > 0)
            KadLog.Joined(_log, _options.Protocol);
    }

    private async Task RefreshDueAsync(CancellationToken token)
    {
        while (_table.TryTakeRefresh(out var bucket))
        {
            var key = bucket is { } index ? _randomKeys.InBucket(index) : _swarm.LocalPeer.Bytes;
            await LookUpAsync(key, null, "refresh", token, isRandom: bucket is not null).ConfigureAwait(false);
        }
    }

    private async Task BootstrapAsync(Random random, CancellationToken token)
    {
        var candidates = _options.BootstrapPeers.Where(address => !address.TryGetPeerId(out var peer) || !_swarm.IsConnected(peer)).ToArray();
        random.Shuffle(candidates);
        var reached = candidates.Length < _options.BootstrapPeers.Count;
        foreach (var pair in candidates.Chunk(MaxParallelBootstraps))
        {
            var results = await Task.WhenAll(pair.Select(address => TryBootstrapAsync(address, token))).ConfigureAwait(false);
            if (results.Contains(true))
                return;
        }

        // Dials that end because this node ends say nothing about the peers.
        if (!reached && !token.IsCancellationRequested && !_swarm.IsShuttingDown)
            KadLog.BootstrapFailed(_log, _options.Protocol);
    }

    private async Task<bool> TryBootstrapAsync(Multiaddress address, CancellationToken token)
    {
        try
        {
            using var deadline = _swarm.Time.CreateDeadline(_options.Lookup.RequestTimeout, token);
            await _swarm.ConnectAsync(address, null, deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is PeerNetException or NotSupportedException || (error is OperationCanceledException && !token.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task KeepRecordsAsync(CancellationToken token)
    {
        var now = _swarm.Time.GetUtcNow();
        await _records.RemoveExpiredAsync(now - _options.RecordLifetime, now, token).ConfigureAwait(false);
        await _providers.RemoveExpiredAsync(now - _options.ProviderLifetime, token).ConfigureAwait(false);
        if (_table.Count == 0)
            return;
        var limit = new ParallelOptions { MaxDegreeOfParallelism = MaxParallelRepublishes, CancellationToken = token };
        var provided = (await _providers.GetOwnAsync(token).ConfigureAwait(false)).Where(record => IsDue(record.ReceivedAt, now));
        await Parallel.ForEachAsync(provided, limit, async (record, stop) => await RepublishAsync(() => AnnounceAsync(record.Key, stop)).ConfigureAwait(false)).ConfigureAwait(false);
        var stored = (await _records.GetOwnAsync(token).ConfigureAwait(false)).Where(value => IsDue(value.ReceivedAt, now));
        await Parallel.ForEachAsync(
            stored,
            limit,
            async (value, stop) =>
            {
                if (_options.Validators.TryValidate(value.Key, value.Value, now, out _))
                    await RepublishAsync(() => PublishAsync(value, stop)).ConfigureAwait(false);
                else
                    await _records.RemoveAsync(value.Key, stop).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    private async Task RepublishAsync(Func<Task<PublishResult>> publish)
    {
        try
        {
            var result = await publish().ConfigureAwait(false);
            if (result.Stored.Count == 0)
                KadLog.RepublishFailed(_log, _options.Protocol, "no peer took it");
        }
        catch (PeerNetException error)
        {
            KadLog.RepublishFailed(_log, _options.Protocol, error.Message);
        }
    }

    private bool IsDue(DateTimeOffset publishedAt, DateTimeOffset now) => now - publishedAt >= _options.RepublishInterval;
}
