using PeerNet.Hivemind.Auth;

namespace PeerNet.Hivemind.Dht;

/// <summary>Stores records on the nodes nearest to their keys. Thread-safe.</summary>
internal sealed class DhtStores(DhtContext context, DhtCaller caller, DhtLookups lookups, CacheRefresher refresher)
{
    /// <summary>Stores signed records.</summary>
    /// <returns>For each whether the node that answered last took it: a hint, since nodes may hold different records.</returns>
    public async Task<bool[]> StoreAsync(IReadOnlyList<StoreItem> items, bool excludeSelf, CancellationToken token)
    {
        var groups = items.Select((item, index) => (item, index)).GroupBy(pair => pair.item.Key).ToArray();
        var nearest = await lookups.NearestAsync([.. groups.Select(group => group.Key)], token).ConfigureAwait(false);
        var flags = new bool[items.Count];
        await Parallel.ForEachAsync(groups, new ParallelOptions { MaxDegreeOfParallelism = MaxParallelKeys, CancellationToken = token }, async (group, ending) =>
        {
            var records = group.Select(pair => pair.item).ToArray();
            var taken = await StoreOneKeyAsync(group.Key, records, nearest[group.Key], excludeSelf, ending).ConfigureAwait(false);
            foreach (var (pair, i) in group.Select((pair, i) => (pair, i)))
            {
                flags[pair.index] = taken?[i] == true;
                Cache(pair.item, flags[pair.index]);
            }
        }).ConfigureAwait(false);
        return flags;
    }

    /// <summary>Implementation limit: keys whose replicas are written at a time.</summary>
    private const int MaxParallelKeys = 32;

    private async Task<bool[]?> StoreOneKeyAsync(DhtId key, StoreItem[] records, IReadOnlyList<DhtNodeAddress> nodes, bool excludeSelf, CancellationToken token)
    {
        // Null stands for this node itself, which has its place in the order too.
        var candidates = new List<DhtNodeAddress?>(nodes.Cast<DhtNodeAddress?>());
        if (!excludeSelf)
        {
            var own = context.OwnId.DistanceTo(key);
            var place = candidates.FindIndex(node => node!.Value.Id.DistanceTo(key) > own);
            candidates.Insert(place < 0 ? candidates.Count : place, null);
        }

        bool[]? last = null;
        var replicas = 0;
        var next = 0;
        var running = new List<Task<bool[]?>>();
        while (replicas < context.Options.Replicas)
        {
            while (next < candidates.Count && running.Count + replicas < context.Options.Replicas)
            {
                var node = candidates[next++];
                running.Add(node is { } remote ? caller.StoreAsync(remote.Peer, records, inCache: false, token) : Task.FromResult<bool[]?>(StoreHere(records)));
            }

            if (running.Count == 0)
                break;
            var done = await Task.WhenAny(running).ConfigureAwait(false);
            running.Remove(done);
            if (await done.ConfigureAwait(false) is { } flags)
            {
                last = flags;
                replicas++;
            }
        }

        return last;
    }

    private bool[] StoreHere(StoreItem[] records) => [.. records.Select(record => Store(context.Storage, record))];

    private bool Store(IDhtStorage storage, StoreItem item)
    {
        var now = context.Now;
        if (item.Tag.Span.SequenceEqual(DhtProtocol.RegularTag.Span))
            return storage.Store(item.Key, item.Value, item.Expiration, now, null);
        return Subkey.TryDecode(item.Tag.Span, out var subkey) && storage.StoreSubkey(item.Key, subkey, item.Value, item.Expiration, now, null);
    }

    private void Cache(StoreItem item, bool isStored)
    {
        if (!context.Options.CacheOnStore)
            return;
        var cached = context.Cache.Get(item.Key, context.Now);
        var isRegular = item.Tag.Span.SequenceEqual(DhtProtocol.RegularTag.Span);
        if (isStored && (isRegular || cached is DictionaryEntry))
            Store(context.Cache, item);

        // A dictionary has other writers, and a refusal says that somebody knows something newer: look soon.
        if (cached is not null && (isStored ? !isRegular : cached.Expiration <= item.Expiration))
            refresher.Schedule(item.Key, context.Now);
    }
}
