using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Hivemind.Petals;

/// <summary>
/// The models and servers of a Petals swarm, looked at again and again. Contract: <see cref="Current"/> never waits and never fails; a look
/// that fails leaves what was seen before; all members are thread-safe; disposing stops looking and leaves the table as it is.
/// </summary>
public sealed class SwarmMap : IAsyncDisposable
{
    private readonly PetalsDirectory _directory;
    private readonly SwarmMapOptions _options;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _looking = new(1);
    private readonly Task _refreshing;
    private volatile SwarmView _current = new(null, new Dictionary<string, ModelMap>());
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Makes a map that looks at once, and then every <see cref="SwarmMapOptions.RefreshPeriod"/>.</summary>
    public SwarmMap(PetalsDirectory directory, SwarmMapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        _directory = directory;
        _options = options ?? SwarmMapOptions.Default;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_options.RefreshPeriod, TimeSpan.Zero, nameof(options));
        _time = directory.Time;
        _refreshing = RunAsync(_stopping.Token);
    }

    /// <summary>What the last look saw.</summary>
    public SwarmView Current => _current;

    /// <summary>How old that is; null before the first look.</summary>
    public TimeSpan? Age => _current.ReadAt is { } at ? _time.GetUtcNow() - at : null;

    /// <summary>Looks now.</summary>
    /// <returns>What was seen.</returns>
    /// <exception cref="TimeoutException">It took longer than <see cref="SwarmMapOptions.RefreshTimeout"/>.</exception>
    public async Task<SwarmView> RefreshAsync(CancellationToken token = default)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token, _stopping.Token);
        using var deadline = _time.CreateDeadline(_options.RefreshTimeout, ending.Token);
        try
        {
            await _looking.WaitAsync(deadline.Token).ConfigureAwait(false);
            try
            {
                var view = await LookAsync(deadline.Token).ConfigureAwait(false);
                _current = view;
                Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                return view;
            }
            finally
            {
                _looking.Release();
            }
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            throw new TimeoutException($"The swarm was not read within {_options.RefreshTimeout}.");
        }
    }

    /// <summary>Waits for the next look that succeeds.</summary>
    public async Task<SwarmView> WaitForRefreshAsync(CancellationToken token = default)
    {
        await Volatile.Read(ref _changed).Task.WaitAsync(token).ConfigureAwait(false);
        return _current;
    }

    /// <summary>Stops looking.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _refreshing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Exchange(ref _changed, new TaskCompletionSource()).TrySetCanceled();
    }

    private async Task RunAsync(CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            try
            {
                await RefreshAsync(token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is TimeoutException or PeerNetException)
            {
                // The swarm is out of reach: what was seen stays, and its age says so.
            }

            await Task.Delay(_options.RefreshPeriod, _time, token).ConfigureAwait(false);
        }
    }

    private async Task<SwarmView> LookAsync(CancellationToken token)
    {
        var registered = await _directory.GetModelsAsync(token).ConfigureAwait(false);
        var models = new SortedDictionary<string, ModelMap>(StringComparer.Ordinal);
        foreach (var prefix in _options.Models ?? [.. registered.Keys])
        {
            var info = registered.GetValueOrDefault(prefix);
            var count = info?.BlockCount ?? _options.UnregisteredBlockCounts.GetValueOrDefault(prefix);
            if (count > 0)
                models[prefix] = new ModelMap(prefix, info, await _directory.GetBlocksAsync(prefix, 0, Math.Min(count, PetalsProtocol.MaxBlocks), token).ConfigureAwait(false));
        }

        return new SwarmView(_time.GetUtcNow(), models);
    }
}
