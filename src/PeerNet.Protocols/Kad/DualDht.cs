using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Kad;

/// <summary>
/// Two tables side by side, as Kubo keeps them: the public network and the local one. Peers are divided by where they are connected;
/// questions go to both at once, and so do records. Thread-safe.
/// </summary>
public sealed class DualDht : IAsyncDisposable
{
    /// <summary>Starts both tables on a swarm.</summary>
    /// <param name="swarm">The swarm.</param>
    /// <param name="wan">Settings of the public table; null takes <see cref="KadOptions.PublicDht"/>.</param>
    /// <param name="lan">Settings of the local table; null takes <see cref="KadOptions.LanDht"/>.</param>
    /// <param name="stores">Makes the stores of a table by its protocol's name; null keeps records in memory.</param>
    /// <param name="loggerFactory">Where logs go.</param>
    public DualDht(
        SwarmHost swarm,
        KadOptions? wan = null,
        KadOptions? lan = null,
        Func<KadOptions, (IRecordStore Records, IProviderStore Providers)>? stores = null,
        ILoggerFactory? loggerFactory = null)
    {
        Wan = Create(swarm, wan ?? KadOptions.PublicDht, stores, loggerFactory);
        Lan = Create(swarm, lan ?? KadOptions.LanDht, stores, loggerFactory);
    }

    /// <summary>The public table.</summary>
    public KadService Wan { get; }

    /// <summary>The local table.</summary>
    public KadService Lan { get; }

    /// <summary>Whether to answer requests, in both tables.</summary>
    public KadMode Mode
    {
        get => Wan.Mode;
        set
        {
            Wan.Mode = value;
            Lan.Mode = value;
        }
    }

    /// <summary>See <see cref="KadService.ReportReachability"/>: it decides about the public table.</summary>
    public void ReportReachability(bool isReachable) => Wan.ReportReachability(isReachable);

    /// <summary>See <see cref="KadService.FindPeerAsync"/>: the first table that reaches the peer answers.</summary>
    /// <exception cref="KadException">Both routing tables are empty.</exception>
    public async Task<FoundPeer?> FindPeerAsync(PeerId peer, CancellationToken token = default)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
        var searches = Active.Select(table => table.FindPeerAsync(peer, enough.Token)).ToList();
        FoundPeer? found = null;
        KadException? failure = null;
        while (searches.Count > 0)
        {
            var ended = await Task.WhenAny(searches).ConfigureAwait(false);
            searches.Remove(ended);
            try
            {
                found = await ended.ConfigureAwait(false) is { } one && (found is null || one.IsConnected) ? one : found;
                if (found is { IsConnected: true })
                    await enough.CancelAsync().ConfigureAwait(false);
            }
            catch (KadException error)
            {
                failure = error;
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                // The other table was faster.
            }
        }

        return found is null && failure is not null && Wan.TableCount + Lan.TableCount == 0 ? throw failure : found;
    }

    /// <summary>See <see cref="KadService.GetClosestPeersAsync"/>: the nearest of both tables.</summary>
    /// <exception cref="KadException">Both routing tables are empty.</exception>
    public async Task<IReadOnlyList<KadPeer>> GetClosestPeersAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        var target = KadKey.Of(key.Span);
        var results = await BothAsync(table => table.GetClosestPeersAsync(key, token)).ConfigureAwait(false);
        return
        [
            .. results.SelectMany(result => result.Closest)
                .DistinctBy(peer => peer.Id)
                .OrderBy(peer => KadKey.Of(peer.Id).DistanceTo(target))
                .Take(KadProtocol.BucketSize),
        ];
    }

    /// <summary>See <see cref="KadService.ProvideAsync"/>: in both tables.</summary>
    /// <returns>What came of it, table by table; a table that is empty is left out.</returns>
    /// <exception cref="KadException">Both routing tables are empty.</exception>
    public Task<IReadOnlyList<PublishResult>> ProvideAsync(ContentKey key, CancellationToken token = default) => BothAsync(table => table.ProvideAsync(key, token));

    /// <summary>See <see cref="KadService.StopProvidingAsync"/>: in both tables.</summary>
    public async Task StopProvidingAsync(ContentKey key, CancellationToken token = default)
    {
        await Wan.StopProvidingAsync(key, token).ConfigureAwait(false);
        await Lan.StopProvidingAsync(key, token).ConfigureAwait(false);
    }

    /// <summary>See <see cref="KadService.PutValueAsync"/>: in both tables.</summary>
    /// <returns>What came of it, table by table; a table that is empty is left out.</returns>
    /// <exception cref="KadException">The value is not good, a better one is known, or both routing tables are empty.</exception>
    public Task<IReadOnlyList<PublishResult>> PutValueAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken token = default)
        => BothAsync(table => table.PutValueAsync(key, value, token));

    /// <summary>See <see cref="KadService.GetValueAsync"/>: the better of what both tables have.</summary>
    /// <exception cref="KadException">The namespace is not known, or both routing tables are empty and nothing is stored here.</exception>
    public async Task<FoundValue?> GetValueAsync(ReadOnlyMemory<byte> key, int? quorum = null, CancellationToken token = default)
    {
        var results = await BothAsync(table => table.GetValueAsync(key, quorum, token)).ConfigureAwait(false);
        FoundValue? best = null;
        foreach (var found in results.OfType<FoundValue>())
        {
            if (best is null || (Wan.Options.Validators.TryFind(key, out var validator) && validator.Compare(key, found.Value, best.Value) > 0))
                best = found;
        }

        return best;
    }

    /// <summary>See <see cref="KadService.FindProvidersAsync"/>: of both tables, each provider once.</summary>
    /// <exception cref="KadException">Both routing tables are empty, and nothing is stored here.</exception>
    public async IAsyncEnumerable<KadPeer> FindProvidersAsync(ContentKey key, int count = KadProtocol.BucketSize, [EnumeratorCancellation] CancellationToken token = default)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(token);
        var found = Channel.CreateBounded<KadPeer>(new BoundedChannelOptions(2 * count) { SingleReader = true });
        var searches = BothAsync(async table =>
        {
            await foreach (var provider in table.FindProvidersAsync(key, count, enough.Token).ConfigureAwait(false))
                await found.Writer.WriteAsync(provider, enough.Token).ConfigureAwait(false);
            return true;
        });
        _ = searches.ContinueWith(_ => found.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var seen = new HashSet<PeerId>();
        try
        {
            await foreach (var provider in found.Reader.ReadAllAsync(token).ConfigureAwait(false))
            {
                if (!seen.Add(provider.Id))
                    continue;
                yield return provider;
                if (seen.Count == count)
                    break;
            }
        }
        finally
        {
            await enough.CancelAsync().ConfigureAwait(false);
            await ((Task)searches).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (searches.IsFaulted && seen.Count == 0)
            await searches.ConfigureAwait(false);
    }

    /// <summary>See <see cref="KadService.RefreshAsync"/>: the tables that have members.</summary>
    /// <exception cref="KadException">Both routing tables are empty.</exception>
    public Task RefreshAsync(CancellationToken token = default)
        => BothAsync(async table =>
        {
            await table.RefreshAsync(token).ConfigureAwait(false);
            return true;
        });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Wan.DisposeAsync().ConfigureAwait(false);
        await Lan.DisposeAsync().ConfigureAwait(false);
    }

    // An empty table has nothing to say, and waiting for its first member would hold up the other.
    private IEnumerable<KadService> Active
    {
        get
        {
            var filled = new[] { Wan, Lan }.Where(table => table.TableCount > 0).ToArray();
            return filled.Length > 0 ? filled : [Wan, Lan];
        }
    }

    /// <summary>Asks the tables that have members, or both when none has; fails when all fail.</summary>
    private async Task<IReadOnlyList<T>> BothAsync<T>(Func<KadService, Task<T>> ask)
    {
        var asked = Active.Select(ask).ToArray();
        await Task.WhenAll((IEnumerable<Task>)asked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (asked.All(task => !task.IsCompletedSuccessfully))
            await Task.WhenAll(asked).ConfigureAwait(false);
        foreach (var failed in asked.Where(task => !task.IsCompletedSuccessfully))
        {
            // Only an empty table is passed over.
            if (failed.Exception?.InnerException is not KadException { Reason: KadFailure.NoPeers })
                await failed.ConfigureAwait(false);
        }

        return [.. asked.Where(task => task.IsCompletedSuccessfully).Select(task => task.Result)];
    }

    private static KadService Create(
        SwarmHost swarm,
        KadOptions options,
        Func<KadOptions, (IRecordStore Records, IProviderStore Providers)>? stores,
        ILoggerFactory? loggerFactory)
    {
        var own = stores?.Invoke(options);
        return new KadService(swarm, options, own?.Records, own?.Providers, loggerFactory);
    }
}
