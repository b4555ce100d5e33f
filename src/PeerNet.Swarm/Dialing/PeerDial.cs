using System.Collections.Concurrent;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Peers;

namespace PeerNet.Swarm.Dialing;

/// <summary>
/// One dial of one peer, which any number of callers wait for. It ends with the first connection that is admitted, or when nothing is left to
/// try, its time is up, or nobody waits any more. The driver of a <see cref="DialScheduler"/>: one loop owns the machine, attempts report to
/// it through a queue.
/// </summary>
internal sealed class PeerDial
{
    private readonly SwarmContext _context;
    private readonly Dialer _dialer;
    private readonly ConnectOptions _options;
    private readonly DialScheduler _scheduler;
    private readonly TaskCompletionSource<PeerConnection> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending;
    private readonly AsyncSignal _signal = new();
    private readonly ConcurrentQueue<Action> _inbox = new();
    private readonly Dictionary<DialAttemptId, CancellationTokenSource> _running = [];
    private readonly ConcurrentDictionary<Multiaddress, Multiaddress> _storedAs = [];
    private readonly List<DialAttempt> _failures = [];
    private volatile bool _isAbandoned;
    private int _resolving;
    private int _waiters;

    public PeerDial(SwarmContext context, Dialer dialer, PeerId? peer, ConnectOptions options)
    {
        _context = context;
        _dialer = dialer;
        _options = options;
        Peer = peer;
        _scheduler = new DialScheduler(context.Options.Dialing.MaxParallelPerPeer, context.Options.Dialing.YieldAfter);
        _ending = context.Time.CreateDeadline(options.Timeout ?? context.Options.Dialing.PeerTimeout, context.Stopping.Token);
    }

    public PeerId? Peer { get; }

    /// <summary>The connection, or the <see cref="DialException"/>.</summary>
    public Task<PeerConnection> Done => _done.Task;

    /// <summary>Counts a waiter in. Called under the dialler's lock.</summary>
    public void Join() => _waiters++;

    /// <summary>Counts a waiter out. Called under the dialler's lock.</summary>
    /// <returns>Whether it was the last.</returns>
    public bool Leave() => --_waiters == 0;

    /// <summary>Nobody waits any more.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        _signal.Set();
    }

    /// <summary>Another connection to the peer has come up: it will do.</summary>
    public void Satisfy(PeerConnection connection) => Post(() => _done.TrySetResult(connection));

    /// <summary>Adds addresses; names among them are looked up while the others are tried.</summary>
    public void Add(IEnumerable<Multiaddress> addresses)
    {
        var direct = new List<Multiaddress>();
        foreach (var address in addresses)
        {
            if (_context.Resolver?.NeedsResolution(address) == true)
            {
                Interlocked.Increment(ref _resolving);
                _ = ResolveAsync(address);
            }
            else
            {
                direct.Add(address);
            }
        }

        if (direct.Count > 0)
            Post(() => Schedule(direct));
    }

    public async Task RunAsync()
    {
        var started = _context.Time.GetTimestamp();
        _context.Metrics.DialStarted();
        using var activity = Metrics.SwarmMetrics.Activities.HasListeners() ? Metrics.SwarmMetrics.Activities.StartActivity("dial") : null;
        using var wakeUp = _context.Time.CreateTimer(static state => ((AsyncSignal)state!).Set(), _signal, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var ending = _ending.Token.UnsafeRegister(static state => ((AsyncSignal)state!).Set(), _signal).ConfigureAwait(false);
        try
        {
            while (!Step(wakeUp))
                await _signal.WaitAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _done.TrySetException(new DialException(Peer, DialFailure.Unreachable, [.. _failures], error));
        }
        finally
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            _ending.Dispose();
            var outcome = _done.Task.IsCompletedSuccessfully ? "connected" : "failed";
            activity?.SetTag("outcome", outcome);
            _context.Metrics.DialEnded(outcome, _context.Time.GetElapsedTime(started));
        }
    }

    /// <summary>Does all that can be done now.</summary>
    /// <returns>Whether the dial has ended.</returns>
    private bool Step(ITimer wakeUp)
    {
        while (_inbox.TryDequeue(out var message))
            message();
        if (_done.Task.IsCompleted)
            return true;
        if (_ending.IsCancellationRequested || _isAbandoned)
            return Fail(_context.Stopping.IsCancellationRequested ? DialFailure.ShuttingDown : DialFailure.TimedOut);

        var now = _context.Time.GetInstant();
        while (_scheduler.TryTakeDisplaced(now, out var displaced))
            _running[displaced].Cancel();
        while (_scheduler.TryStart(now, out var attempt, out var address))
            Start(attempt, address!);
        if (_scheduler.IsExhausted && Volatile.Read(ref _resolving) == 0 && _inbox.IsEmpty)
            return Fail(DialReasons.Sum(_failures));
        if (_scheduler.NextDeadline(now) is { } deadline)
            wakeUp.Change(deadline <= now ? TimeSpan.Zero : (deadline - now).ForTimer(), Timeout.InfiniteTimeSpan);
        return false;
    }

    private bool Fail(DialFailure reason)
    {
        _done.TrySetException(new DialException(Peer, reason, [.. _failures]));
        return true;
    }

    private void Post(Action message)
    {
        _inbox.Enqueue(message);
        _signal.Set();
    }

    private async Task ResolveAsync(Multiaddress name)
    {
        try
        {
            using var deadline = _context.Time.CreateDeadline(_context.Options.Dialing.ResolveTimeout, _ending.Token);
            var resolved = await _context.Resolver!.ResolveAsync(name, deadline.Token).ConfigureAwait(false);
            var kept = resolved.Take(_context.Options.Dialing.MaxAddressesPerPeer).ToArray();
            foreach (var address in kept)
                _storedAs.TryAdd(address.WithoutPeerId().ToComparable(), name);
            Post(() => Schedule(kept));
        }
        catch (Exception error)
        {
            Post(() => _failures.Add(new DialAttempt(name, DialFailure.NameResolution, error)));
        }
        finally
        {
            Interlocked.Decrement(ref _resolving);
            _signal.Set();
        }
    }

    private void Schedule(IReadOnlyList<Multiaddress> addresses)
    {
        var usable = new List<Multiaddress>();
        foreach (var address in addresses)
        {
            if (_dialer.Filter.Check(Peer, address, _options, out var target) is { } failure)
                _failures.Add(new DialAttempt(address, failure, null));
            else if (!usable.Contains(target))
                usable.Add(target);
        }

        var worked = Peer is null ? [] : _context.PeerStore.GetStoredAddresses(Peer).Where(stored => stored.LastDialSucceeded == true).Select(stored => stored.Address.ToComparable()).ToHashSet();
        var ranked = DialRanker.Rank(usable, address => worked.Contains(_storedAs.GetValueOrDefault(address, address)));
        _scheduler.Add(ranked.Take(_context.Options.Dialing.MaxAddressesPerPeer - _scheduler.Count), _context.Time.GetInstant());
    }

    private void Start(DialAttemptId attempt, Multiaddress address)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        _running.Add(attempt, source);
        _ = AttemptAsync(attempt, address, source);
    }

    private async Task AttemptAsync(DialAttemptId attempt, Multiaddress address, CancellationTokenSource source)
    {
        PeerConnection? connection = null;
        DialAttempt? failure = null;
        try
        {
            connection = await _dialer.DialAddressAsync(Peer, address, _options, () => _done.Task.IsCompleted, source.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            failure = new DialAttempt(address, DialFailureClassifier.Classify(error), error is OperationCanceledException ? null : error);
        }

        Post(() => Ended(attempt, address, connection, failure));
    }

    private void Ended(DialAttemptId attempt, Multiaddress address, PeerConnection? connection, DialAttempt? failure)
    {
        _running.Remove(attempt, out var source);
        source?.Dispose();
        var stored = _storedAs.GetValueOrDefault(address, address);
        if (connection is not null)
        {
            _dialer.Defences.OnSucceeded(Peer, address);
            _context.PeerStore.AddAddresses(connection.Peer, [stored], AddressTtl.Connected, AddressSource.Connection);
            _context.PeerStore.MarkDialed(connection.Peer, stored, succeeded: true);
            _done.TrySetResult(connection);
            return;
        }

        // An attempt that was cut short by the end of the whole dial, or by others that wait, says nothing about the address.
        var isFinal = _scheduler.OnFailed(attempt, _context.Time.GetInstant());
        if (!isFinal || failure is null || _done.Task.IsCompleted || _isAbandoned || _ending.IsCancellationRequested)
            return;
        _failures.Add(failure);
        _dialer.Defences.OnFailed(Peer, address, failure.Failure);
        if (Peer is null)
            return;
        if (failure.Failure == DialFailure.UnexpectedPeer)
            _context.PeerStore.RemoveAddress(Peer, stored);
        else
            _context.PeerStore.MarkDialed(Peer, stored, succeeded: false);
    }
}
