using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Dht;

namespace PeerNet.Hivemind.Petals;

/// <summary>What a <see cref="ServerAnnouncer"/> announces. Immutable.</summary>
public sealed record ServerAnnouncement
{
    /// <summary>The model's prefix.</summary>
    public required string Prefix { get; init; }

    /// <summary>The first block.</summary>
    public required int StartBlock { get; init; }

    /// <summary>The block behind the last one.</summary>
    public required int EndBlock { get; init; }

    /// <summary>What to register of the model; null, or a prefix that begins with an underscore, registers nothing.</summary>
    public ModelInfo? Model { get; init; }

    /// <summary>How often to announce.</summary>
    public TimeSpan UpdatePeriod { get; init; } = PetalsProtocol.UpdatePeriod;
}

/// <summary>
/// Keeps the announcement of a server's blocks alive, and takes it back in the end. Contract: a failed announcement is tried again with the
/// next period; disposing announces that the server is offline, within one period at most; all members are thread-safe.
/// </summary>
public sealed class ServerAnnouncer : IAsyncDisposable
{
    private readonly PetalsDirectory _directory;
    private readonly ServerAnnouncement _what;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _announcing = new(1);
    private readonly Task _running;
    private DhtExpiration _last = DhtExpiration.Always;
    private volatile ServerInfo _info;

    /// <summary>Announces at once, and then every <see cref="ServerAnnouncement.UpdatePeriod"/>.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="what">Which blocks.</param>
    /// <param name="info">What to say of the server; its span is filled in.</param>
    public ServerAnnouncer(PetalsDirectory directory, ServerAnnouncement what, ServerInfo info)
    {
        ArgumentNullException.ThrowIfNull(directory);
        ArgumentNullException.ThrowIfNull(what);
        ArgumentNullException.ThrowIfNull(info);
        ArgumentOutOfRangeException.ThrowIfNegative(what.StartBlock, nameof(what));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(what.EndBlock, what.StartBlock, nameof(what));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(what.EndBlock - what.StartBlock, PetalsProtocol.MaxBlocks, nameof(what));
        _directory = directory;
        _what = what;
        _time = directory.Time;
        _info = WithSpan(info);
        _running = RunAsync(_stopping.Token);
    }

    /// <summary>What is announced now.</summary>
    public ServerInfo Info => _info;

    /// <summary>Changes what is announced, and announces it at once.</summary>
    /// <returns>Whether every block's record was taken, by the node that answered last.</returns>
    public Task<bool> UpdateAsync(ServerInfo info, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        _info = WithSpan(info);
        return AnnounceAsync(_info, token);
    }

    /// <summary>Announces that the server is offline, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await AnnounceAsync(_info with { State = ServerState.Offline, NextPings = null }, default).ConfigureAwait(false);
        }
        catch (Exception error) when (error is OperationCanceledException or PeerNetException)
        {
            // The swarm is out of reach: the announcement ends by itself.
        }
    }

    private ServerInfo WithSpan(ServerInfo info) => info with { StartBlock = _what.StartBlock, EndBlock = _what.EndBlock };

    private async Task RunAsync(CancellationToken token)
    {
        while (true)
        {
            try
            {
                await AnnounceAsync(_info, token).ConfigureAwait(false);
            }
            catch (Exception error) when (!token.IsCancellationRequested && error is OperationCanceledException or PeerNetException)
            {
                // The next period tries again.
            }

            await Task.Delay(_what.UpdatePeriod, _time, token).ConfigureAwait(false);
        }
    }

    private async Task<bool> AnnounceAsync(ServerInfo info, CancellationToken token)
    {
        using var deadline = _time.CreateDeadline(_what.UpdatePeriod, token);
        await _announcing.WaitAsync(deadline.Token).ConfigureAwait(false);
        try
        {
            // Only a later end wins over the announcement before.
            var end = DhtExpiration.Max(DhtExpiration.Now(_time) + PetalsProtocol.LifetimeFor(_what.UpdatePeriod), _last.Next());
            _last = end;
            var taken = await _directory.DeclareAsync(_what.Prefix, [.. Enumerable.Range(_what.StartBlock, _what.EndBlock - _what.StartBlock)], info, end, deadline.Token).ConfigureAwait(false);
            if (_what.Model is { } model && !_what.Prefix.StartsWith('_'))
                await _directory.DeclareModelAsync(_what.Prefix, model, end, deadline.Token).ConfigureAwait(false);
            return taken.All(isTaken => isTaken);
        }
        finally
        {
            _announcing.Release();
        }
    }
}
