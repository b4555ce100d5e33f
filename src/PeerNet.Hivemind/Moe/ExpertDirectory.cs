using PeerNet.Core.Errors;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Moe;

/// <summary>Experts in a Hivemind table: announces those of this node and finds those of all. Thread-safe.</summary>
public sealed class ExpertDirectory
{
    private readonly HivemindDht _dht;

    /// <summary>Makes a directory over a table, which stays the caller's.</summary>
    public ExpertDirectory(HivemindDht dht)
    {
        ArgumentNullException.ThrowIfNull(dht);
        _dht = dht;
    }

    /// <summary>
    /// Whether a prefix that leads nowhere is noted in the table for <see cref="MoeProtocol.NegativeCacheTime"/>, as Python's clients do. It
    /// spares all clients the search in sparse grids, and hides a new expert from some of them for a while.
    /// </summary>
    public bool CacheMissing { get; init; } = true;

    internal TimeProvider Time => _dht.Time;

    /// <summary>Announces experts as served by this node.</summary>
    /// <returns>For each whether its own record was taken, by the node that answered last.</returns>
    public async Task<IReadOnlyList<bool>> DeclareAsync(IReadOnlyList<ExpertUid> uids, DhtExpiration expiration, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(uids);
        var items = ExpertRecords.Declare(uids, _dht.Host.LocalPeer, expiration);
        var taken = await _dht.StoreManyAsync(items, token: token).ConfigureAwait(false);
        var flags = new Dictionary<string, bool>();
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is { Subkey: null, Key: TextValue uid })
                flags[uid.Value] = taken[i];
        }

        return [.. uids.Select(uid => flags[uid.Text])];
    }

    /// <summary>Finds experts by their uids; null for each that nobody serves.</summary>
    public async Task<IReadOnlyList<ExpertLocation?>> FindAsync(IReadOnlyList<ExpertUid> uids, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(uids);
        var found = await _dht.GetManyAsync([.. uids.Select(uid => (HivemindValue)uid.Text)], token: token).ConfigureAwait(false);
        return [.. uids.Zip(found, ExpertRecords.ReadExpert)];
    }

    /// <summary>
    /// What leads on from prefixes: for each an example of an expert by the next coordinate, where <see cref="MoeProtocol.FlatExpert"/> stands
    /// for the expert that the prefix itself names.
    /// </summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<int, ExpertLocation>>> GetSuccessorsAsync(IReadOnlyList<ExpertPrefix> prefixes, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(prefixes);
        if (prefixes.Count == 0)
            return [];
        var found = await _dht.GetManyAsync([.. prefixes.Select(prefix => (HivemindValue)prefix.Text)], token: token).ConfigureAwait(false);
        if (CacheMissing)
            NoteMissing([.. prefixes.Zip(found).Where(pair => pair.Second is null).Select(pair => pair.First)]);
        return [.. found.Select(ExpertRecords.ReadSuccessors)];
    }

    /// <summary>Finds the experts of a grid with the highest sums of scores, by a beam over the dimensions.</summary>
    /// <param name="prefix">The beginning of the grid's uids, such as <c>ffn.</c>.</param>
    /// <param name="scores">For each dimension a score for each index.</param>
    /// <param name="beamSize">How many experts are wanted, and how many prefixes are followed.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>At most <paramref name="beamSize"/> experts, the best first.</returns>
    public Task<IReadOnlyList<ScoredExpert>> SearchAsync(ExpertPrefix prefix, IReadOnlyList<IReadOnlyList<double>> scores, int beamSize, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentOutOfRangeException.ThrowIfLessThan(beamSize, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(beamSize, MoeProtocol.MaxSuccessors);
        if (scores.Count == 0 || prefix.Coordinates.Count > 0)
            throw new ArgumentException("A grid has at least one dimension, and its prefix no index.", nameof(scores));
        return new ExpertBeamSearch(prefix, scores, beamSize).RunAsync(GetSuccessorsAsync, token);
    }

    private void NoteMissing(ExpertPrefix[] prefixes)
    {
        if (prefixes.Length > 0)
            _ = NoteMissingAsync(prefixes);
    }

    private async Task NoteMissingAsync(ExpertPrefix[] prefixes)
    {
        try
        {
            var end = DhtExpiration.Now(_dht.Time) + MoeProtocol.NegativeCacheTime;
            await _dht.StoreManyAsync([.. prefixes.Select(prefix => ExpertRecords.Missing(prefix, end))]).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or ObjectDisposedException)
        {
            // A hint to others; nobody waits for it.
        }
    }
}
