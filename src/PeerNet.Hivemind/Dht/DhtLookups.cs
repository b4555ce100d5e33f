using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>Searches over the network: drives a <see cref="BeamTraversal"/> with real calls. Thread-safe.</summary>
internal sealed class DhtLookups(DhtContext context, DhtCaller caller, CacheRefresher refresher, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DhtId, PendingGet> _pending = [];

    /// <summary>The nodes nearest to some keys, the nearest first.</summary>
    public async Task<IReadOnlyDictionary<DhtId, IReadOnlyList<DhtNodeAddress>>> NearestAsync(IReadOnlyCollection<DhtId> keys, CancellationToken token)
    {
        var search = Begin(keys, (int)Math.Sqrt(keys.Count));
        await DriveAsync("nearest", search, null, token).ConfigureAwait(false);
        return keys.ToDictionary(key => key, search.Beam);
    }

    /// <summary>Looks up records. A record that lasts until <paramref name="sufficient"/> ends the search for its key.</summary>
    public async Task<IReadOnlyDictionary<DhtId, DhtEntry?>> GetAsync(IReadOnlyCollection<DhtId> keys, DhtExpiration sufficient, bool useCache, CancellationToken token)
    {
        var waits = new Dictionary<DhtId, Task<DhtEntry?>>();
        var wanted = new Dictionary<DhtId, PendingGet>();
        foreach (var key in keys)
        {
            var held = context.Held(key);
            if (held is not null && held.Expiration >= sufficient && useCache)
            {
                if (context.Cache.Get(key, context.Now) is { } cached)
                    refresher.Schedule(key, cached.Expiration);
                waits[key] = Task.FromResult<DhtEntry?>(held);
                continue;
            }

            lock (_lock)
            {
                if (context.Options.ReuseGetRequests && _pending.TryGetValue(key, out var other) && other.Sufficient >= sufficient)
                {
                    waits[key] = other.Result.Task;
                    continue;
                }

                var get = new PendingGet(sufficient, held);
                wanted[key] = _pending[key] = get;
                waits[key] = get.Result.Task;
            }
        }

        // A search serves everybody who asks meanwhile: the node ends it, a caller only its own wait.
        if (wanted.Count > 0)
            _ = SearchAsync(wanted, sufficient);
        var results = new Dictionary<DhtId, DhtEntry?>();
        foreach (var (key, wait) in waits)
            results[key] = await wait.WaitAsync(token).ConfigureAwait(false);
        return results;
    }

    private async Task SearchAsync(Dictionary<DhtId, PendingGet> wanted, DhtExpiration sufficient)
    {
        try
        {
            var search = Begin(wanted.Keys, Math.Min((int)Math.Sqrt(wanted.Count), context.Options.ChunkSize));
            await DriveAsync(
                "get",
                search,
                (key, entry, from) =>
                {
                    var get = wanted[key];
                    get.Entry = DhtEntries.Merge(get.Entry, entry);
                    get.Sources.Add(from.Id);
                    if (get.Entry?.Expiration >= sufficient)
                        search.Machine.Finish(key);
                },
                stopping).ConfigureAwait(false);
            foreach (var (key, get) in wanted)
            {
                Complete(key, get);
                if (get.Entry is { } entry && get.Sources.Count > 0)
                    Keep(key, entry, search.Beam(key).Where(node => !get.Sources.Contains(node.Id)));
            }
        }
        finally
        {
            // Only the end of the node leaves some without an answer.
            foreach (var (key, get) in wanted)
                Complete(key, get);
        }
    }

    private void Complete(DhtId key, PendingGet get)
    {
        lock (_lock)
        {
            if (_pending.GetValueOrDefault(key) == get)
                _pending.Remove(key);
        }

        get.Result.TrySetResult(get.Entry);
    }

    private void Keep(DhtId key, DhtEntry entry, IEnumerable<DhtNodeAddress> near)
    {
        if (context.Options.CacheLocally && !(context.Held(key)?.Expiration >= entry.Expiration))
            DhtEntries.Store(context.Cache, key, entry, context.Now, null);
        var item = ToItem(key, entry);
        foreach (var node in near.Take(context.Options.CacheNearest))
            _ = caller.StoreAsync(node.Peer, [item], inCache: true, stopping);
    }

    public StoreItem ToItem(DhtId key, DhtEntry entry) => entry is RegularEntry regular
        ? new StoreItem(key, DhtProtocol.RegularTag, regular.Value, regular.Expiration)
        : new StoreItem(key, default, DictionaryCodec.Encode((DictionaryEntry)entry, context.Now), entry.Expiration);

    private Search Begin(IReadOnlyCollection<DhtId> keys, int keysPerCall)
    {
        var search = new Search(new BeamTraversal(context.Options.BucketSize, keysPerCall, context.Options.Workers, context.OwnId));
        foreach (var key in keys)
            search.Machine.Add(key, search.Learn(context.Peers.Nearest(key, context.Options.BucketSize).Where(node => !context.Peers.IsBanned(node.Peer))));
        return search;
    }

    private async Task DriveAsync(string purpose, Search search, Action<DhtId, DhtEntry, DhtNodeAddress>? found, CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        var start = context.Time.GetTimestamp();
        var calls = 0;
        var running = new List<Task<(BeamCall Call, IReadOnlyList<FindAnswer>? Answers)>>();
        try
        {
            while (true)
            {
                while (search.Machine.TryNext(out var call))
                {
                    running.Add(AskAsync(search, call, ending.Token));
                    calls++;
                }

                if (running.Count == 0 || search.Machine.AllFinished)
                    return;
                var done = await Task.WhenAny(running).ConfigureAwait(false);
                running.Remove(done);
                var (asked, answers) = await done.ConfigureAwait(false);
                search.Machine.OnAnswer(asked, answers is null ? null : [.. answers.Select(answer => search.Learn(answer.Nearest.Where(node => !context.Peers.IsBanned(node.Peer))))]);
                for (var i = 0; answers is not null && i < answers.Count; i++)
                {
                    if (answers[i].Entry is { } entry)
                        found?.Invoke(asked.Queries[i], entry, search.AddressOf(asked.Node));
                }
            }
        }
        finally
        {
            HivemindMetrics.Searched(purpose, context.Time.GetElapsedTime(start), calls);

            // Calls that nobody waits for any more: their peers did nothing wrong.
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var task in running)
                _ = task.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private async Task<(BeamCall Call, IReadOnlyList<FindAnswer>? Answers)> AskAsync(Search search, BeamCall call, CancellationToken token)
        => (call, await caller.FindAsync(search.AddressOf(call.Node).Peer, call.Queries, token).ConfigureAwait(false));

    /// <summary>A traversal and the peers behind the ids it knows.</summary>
    private sealed class Search(BeamTraversal machine)
    {
        private readonly Dictionary<DhtId, PeerId> _peers = [];

        public BeamTraversal Machine => machine;

        public DhtId[] Learn(IEnumerable<DhtNodeAddress> nodes)
        {
            var ids = new List<DhtId>();
            foreach (var node in nodes)
            {
                _peers.TryAdd(node.Id, node.Peer);
                ids.Add(node.Id);
            }

            return [.. ids];
        }

        public DhtNodeAddress AddressOf(DhtId id) => new(id, _peers[id]);

        public IReadOnlyList<DhtNodeAddress> Beam(DhtId key) => [.. machine.Beam(key).Select(AddressOf)];
    }

    private sealed class PendingGet(DhtExpiration sufficient, DhtEntry? held)
    {
        public DhtExpiration Sufficient => sufficient;

        public DhtEntry? Entry { get; set; } = held;

        public HashSet<DhtId> Sources { get; } = [];

        public TaskCompletionSource<DhtEntry?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
