using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Petals;

/// <summary>
/// Petals' records in a Hivemind table: reads who serves which blocks, and announces blocks of this node. What others wrote and Petals would
/// not read is left out. Thread-safe.
/// </summary>
/// <remarks>The records are not signed: any member can overwrite an entry, so what is read is a claim and no fact.</remarks>
public sealed class PetalsDirectory
{
    private readonly HivemindDht _dht;

    /// <summary>Makes a directory over a table, which stays the caller's.</summary>
    public PetalsDirectory(HivemindDht dht)
    {
        ArgumentNullException.ThrowIfNull(dht);
        _dht = dht;
    }

    internal TimeProvider Time => _dht.Time;

    /// <summary>The models of the registry by their prefixes, at most <see cref="PetalsProtocol.MaxModels"/>.</summary>
    public async Task<IReadOnlyDictionary<string, ModelInfo>> GetModelsAsync(CancellationToken token = default)
    {
        var models = new SortedDictionary<string, ModelInfo>(StringComparer.Ordinal);
        if (await _dht.GetAsync(PetalsProtocol.ModelsKey, latest: true, token).ConfigureAwait(false) is not DhtDictionaryResult found)
            return models;
        foreach (var (subkey, entry) in found.Items)
        {
            if (subkey.Value is TextValue { Value: var prefix } && ModuleUid.IsPrefix(prefix) && ModelInfo.TryDecode(entry.Value, out var info))
                models[prefix] = info;
            if (models.Count == PetalsProtocol.MaxModels)
                break;
        }

        return models;
    }

    /// <summary>The servers of a registered model; null when no such model is registered.</summary>
    public async Task<ModelMap?> GetModelAsync(string prefix, CancellationToken token = default)
    {
        var models = await GetModelsAsync(token).ConfigureAwait(false);
        return models.TryGetValue(prefix, out var info) ? new ModelMap(prefix, info, await GetBlocksAsync(prefix, 0, info.BlockCount, token).ConfigureAwait(false)) : null;
    }

    /// <summary>The servers of some blocks of a model, registered or not.</summary>
    /// <param name="prefix">The model's prefix.</param>
    /// <param name="start">The first block.</param>
    /// <param name="end">The block behind the last one.</param>
    /// <param name="token">Ends the wait.</param>
    public async Task<IReadOnlyList<BlockServers>> GetBlocksAsync(string prefix, int start, int end, CancellationToken token = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end - start, PetalsProtocol.MaxBlocks, nameof(end));
        var blocks = new List<BlockServers>();
        foreach (var chunk in Enumerable.Range(start, end - start).Chunk(PetalsProtocol.KeysPerLookup))
        {
            var found = await _dht.GetManyAsync([.. chunk.Select(block => (HivemindValue)new ModuleUid(prefix, block).ToString())], latest: true, token).ConfigureAwait(false);
            blocks.AddRange(chunk.Zip(found, ReadBlock));
        }

        return blocks;
    }

    /// <summary>Announces blocks of this node.</summary>
    /// <param name="prefix">The model's prefix.</param>
    /// <param name="blocks">Their numbers.</param>
    /// <param name="info">What to announce under each.</param>
    /// <param name="expiration">When the announcement ends.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>Whether each was taken, by the node that answered last.</returns>
    public Task<IReadOnlyList<bool>> DeclareAsync(string prefix, IReadOnlyCollection<int> blocks, ServerInfo info, DhtExpiration expiration, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        ArgumentNullException.ThrowIfNull(info);
        if (!double.IsFinite(info.Throughput) || info.Throughput < 0)
            throw new ArgumentException("Readers refuse such a throughput.", nameof(info));
        var value = ServerInfoCodec.Encode(info);
        Subkey subkey = _dht.Host.LocalPeer.ToString();
        return _dht.StoreManyAsync([.. blocks.Select(block => new DhtStoreItem(new ModuleUid(prefix, block).ToString(), value, expiration, subkey))], token: token);
    }

    /// <summary>Registers a model. Petals registers none whose prefix begins with an underscore.</summary>
    /// <returns>Whether it was taken, by the node that answered last.</returns>
    public Task<bool> DeclareModelAsync(string prefix, ModelInfo info, DhtExpiration expiration, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(info);
        if (!ModuleUid.IsPrefix(prefix))
            throw new ArgumentException("A model's prefix has neither a dot nor a space.", nameof(prefix));
        return _dht.StoreAsync(PetalsProtocol.ModelsKey, info.Encode(), expiration, prefix, token);
    }

    internal static BlockServers ReadBlock(int block, DhtResult? found)
    {
        var servers = new SortedDictionary<PeerId, ServerInfo>();
        if (found is DhtDictionaryResult dictionary)
        {
            foreach (var (subkey, entry) in dictionary.Items)
            {
                if (servers.Count == PetalsProtocol.MaxServersPerBlock)
                    break;
                if (subkey.Value is TextValue { Value.Length: <= PetalsProtocol.MaxTextLength } text && PeerId.TryParse(text.Value, out var peer) && ServerInfoCodec.TryDecode(entry.Value, out var info))
                    servers[peer] = info;
            }
        }

        return new BlockServers(block, servers);
    }
}
