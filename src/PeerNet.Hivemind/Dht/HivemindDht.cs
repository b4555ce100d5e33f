using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PeerNet.Core.Errors;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// A node of Hivemind's own table of records, native beside Python's. Contract: all members are thread-safe; a record is kept by its nodes
/// until it ends and renewed by nobody but its owner; storing wins only over what ends earlier; disposing stops serving and leaves the swarm
/// as it is.
/// </summary>
public sealed class HivemindDht : IAsyncDisposable
{
    /// <summary>The tag of members in the node's peer store.</summary>
    public const string MemberTag = "hivemind";

    private readonly SwarmHost _swarm;
    private readonly DhtContext _context;
    private readonly DhtCaller _caller;
    private readonly DhtLookups _lookups;
    private readonly DhtStores _stores;
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IDisposable> _handlers = [];
    private readonly CacheRefresher _refresher;
    private readonly Task _refreshing;

    private HivemindDht(SwarmHost swarm, RpcClient client, RpcServer server, DhtOptions options, ILogger log)
    {
        _swarm = swarm;
        var id = options.NodeId ?? DhtId.CreateRandom();
        _context = new DhtContext
        {
            OwnId = id,
            Options = options,
            Time = swarm.Time,
            Storage = options.Storage ?? MemoryDhtStorage.CreateNear(id, options.StorageLimits),
            Cache = MemoryDhtStorage.CreateCache(options.StorageLimits),
            Validators = new RecordValidators(options.Validators),
            Peers = new DhtPeers(id, options, swarm.Time),
            Log = log,
        };
        _refresher = new CacheRefresher(_context);
        _caller = new DhtCaller(_context, client, swarm.LocalPeer, FindAddressesAsync);
        _lookups = new DhtLookups(_context, _caller, _refresher, _stopping.Token);
        _stores = new DhtStores(_context, _caller, _lookups, _refresher);
        _context.Peers.Doubted = node => _ = PingQuietlyAsync(node.Peer);
        _context.Peers.Arrived = OnArrived;
        _context.Peers.Left = OnLeft;
        if (!options.ClientMode)
        {
            var servicer = new DhtServicer(_context, _caller);
            _handlers.Add(server.Handle(DhtProtocol.Ping, servicer.PingAsync));
            _handlers.Add(server.Handle(DhtProtocol.Store, servicer.StoreAsync));
            _handlers.Add(server.Handle(DhtProtocol.Find, servicer.FindAsync));
        }

        _refreshing = _refresher.RunAsync((keys, sufficient, token) => _lookups.GetAsync(keys, sufficient, useCache: false, token), _stopping.Token);
    }

    /// <summary>This node's place in the table.</summary>
    public DhtId NodeId => _context.OwnId;

    /// <summary>Nodes known now.</summary>
    public int KnownNodes => _context.Peers.Count;

    /// <summary>Keys that this node keeps for others and for itself.</summary>
    public int StoredKeys => _context.Storage.Count;

    internal SwarmHost Host => _swarm;

    internal TimeProvider Time => _context.Time;

    /// <summary>The nodes known now, in no order.</summary>
    public IReadOnlyList<DhtNodeAddress> Nodes => _context.Peers.GetNodes();

    internal DhtContext Context => _context;

    internal DhtCaller Caller => _caller;

    /// <summary>Joins a table, or begins one where no initial peer is named.</summary>
    /// <exception cref="DhtException">No initial peer answered, or one of them found a fault with this node.</exception>
    /// <exception cref="InvalidOperationException">The swarm has such a node already.</exception>
    public static async Task<HivemindDht> JoinAsync(SwarmHost swarm, RpcClient client, RpcServer server, DhtOptions? options = null, ILoggerFactory? loggers = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        var log = (loggers ?? NullLoggerFactory.Instance).CreateLogger("PeerNet.Hivemind");
        var dht = new HivemindDht(swarm, client, server, options ?? DhtOptions.Default, log);
        try
        {
            await new DhtBootstrap(swarm, dht._context, dht._caller, dht._lookups).RunAsync(token).ConfigureAwait(false);
            log.Joined(dht.NodeId, dht.KnownNodes);
            return dht;
        }
        catch
        {
            await dht.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stores a record.</summary>
    /// <param name="key">The key: any value but None.</param>
    /// <param name="value">The value.</param>
    /// <param name="expiration">When it ends.</param>
    /// <param name="subkey">The subkey, for an entry of a dictionary.</param>
    /// <param name="token">Ends the wait; what was stored by then stays.</param>
    /// <returns>Whether the node that answered last took it: a hint, no agreement.</returns>
    public async Task<bool> StoreAsync(HivemindValue key, HivemindValue value, DhtExpiration expiration, Subkey? subkey = null, CancellationToken token = default)
        => (await StoreManyAsync([new DhtStoreItem(key, value, expiration, subkey)], token: token).ConfigureAwait(false))[0];

    /// <summary>Stores several records at once.</summary>
    /// <param name="items">The records.</param>
    /// <param name="excludeSelf">Whether this node is to keep none of them.</param>
    /// <param name="token">Ends the wait; what was stored by then stays.</param>
    /// <returns>For each whether the node that answered last took it.</returns>
    public async Task<IReadOnlyList<bool>> StoreManyAsync(IReadOnlyList<DhtStoreItem> items, bool excludeSelf = false, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        var signed = new StoreItem[items.Count];
        for (var i = 0; i < signed.Length; i++)
        {
            var item = items[i];
            if (!item.Expiration.IsTime)
                throw new ArgumentException("An expiration is no number.", nameof(items));
            var record = new DhtRecord(DhtId.OfKey(item.Key), item.Subkey?.Bytes ?? DhtProtocol.RegularTag, item.Value.ToBytes(), item.Expiration);
            signed[i] = new StoreItem(record.Key, record.Tag, _context.Validators.Sign(record), record.Expiration);
        }

        return await _stores.StoreAsync(signed, excludeSelf, token).ConfigureAwait(false);
    }

    /// <summary>Looks up a record.</summary>
    /// <param name="key">The key.</param>
    /// <param name="latest">Whether to ask all nodes near to the key and take what ends last, rather than the first that is found.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>The record; null when there is none that this node can read.</returns>
    public async Task<DhtResult?> GetAsync(HivemindValue key, bool latest = false, CancellationToken token = default)
        => (await GetManyAsync([key], latest, token).ConfigureAwait(false))[0];

    /// <summary>Looks up several records at once; the answers are in the order of the keys.</summary>
    public async Task<IReadOnlyList<DhtResult?>> GetManyAsync(IReadOnlyList<HivemindValue> keys, bool latest = false, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        return await GetManyAsync([.. keys.Select(DhtId.OfKey)], latest ? DhtExpiration.Never : _context.Now, token).ConfigureAwait(false);
    }

    /// <summary>Looks up records by the ids of their keys. What lasts until <paramref name="sufficient"/> ends the search for its key.</summary>
    internal async Task<IReadOnlyList<DhtResult?>> GetManyAsync(IReadOnlyList<DhtId> ids, DhtExpiration sufficient, CancellationToken token)
    {
        var found = await _lookups.GetAsync([.. ids.Distinct()], sufficient, useCache: true, token).ConfigureAwait(false);
        return [.. ids.Select(id => ToResult(id, found[id]))];
    }

    /// <summary>The nodes nearest to a key that a search finds, the nearest first.</summary>
    public async Task<IReadOnlyList<DhtNodeAddress>> FindNearestAsync(DhtId key, CancellationToken token = default)
        => (await _lookups.NearestAsync([key], token).ConfigureAwait(false))[key];

    /// <summary>Asks a peer whether it is there.</summary>
    /// <returns>Its place; null when it is a client.</returns>
    /// <exception cref="RpcException">It did not answer.</exception>
    public async Task<DhtId?> PingAsync(PeerId peer, CancellationToken token = default)
        => (await _caller.PingAsync(peer, false, _context.Options.CallTimeout, token).ConfigureAwait(false)).NodeId;

    /// <summary>Checks and signs records with further validators, from now on.</summary>
    public void AddValidators(params IEnumerable<IRecordValidator> validators) => _context.Validators.Add(validators);

    /// <summary>Stops serving and searching. The swarm stays.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
            return;
        foreach (var handler in _handlers)
            handler.Dispose();
        _handlers.Clear();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _refreshing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _refresher.Dispose();
        foreach (var node in Nodes)
            _context.Peers.OnSilent(node.Peer);
        _context.Log.Left(NodeId);
    }

    /// <summary>Pings a peer that may be a member, so that the table learns of it. Never fails.</summary>
    internal async Task TryAsync(PeerId peer)
    {
        await PingQuietlyAsync(peer).ConfigureAwait(false);
        if (_context.Peers.IdOf(peer) is null)
            _swarm.PeerStore.RemoveTag(peer, MemberTag);
    }

    private DhtResult? ToResult(DhtId key, DhtEntry? entry)
    {
        switch (entry)
        {
            case RegularEntry regular:
                return Read(key, DhtProtocol.RegularTag, regular.Value, regular.Expiration);
            case DictionaryEntry dictionary:
                var now = _context.Now;
                var items = new Dictionary<Subkey, DhtValueResult>();
                foreach (var item in dictionary.Items.Where(item => item.Expiration >= now))
                {
                    if (Read(key, item.Subkey.Bytes, item.Value, item.Expiration) is { } value)
                        items[item.Subkey] = value;
                }

                return new DhtDictionaryResult(items, dictionary.Expiration);
            default:
                return null;
        }
    }

    // Bytes that are no value, or carry a signature that no validator here knows: such a record is nothing to its reader.
    private DhtValueResult? Read(DhtId key, ReadOnlyMemory<byte> tag, ReadOnlyMemory<byte> bytes, DhtExpiration expiration)
    {
        var stripped = _context.Validators.Strip(new DhtRecord(key, tag, bytes, expiration));
        return ValueReader.TryRead(stripped.Span, out var value) ? new DhtValueResult(value, expiration) : null;
    }

    /// <summary>Looks for the addresses of a peer that nothing is known of, before it is called; or of one whose addresses lead nowhere.</summary>
    /// <returns>Whether there are addresses that were not known before.</returns>
    internal async ValueTask<bool> FindAddressesAsync(PeerId peer, bool hasFailed, CancellationToken token)
    {
        if (_context.Options.FindAddressesAsync is not { } findAsync || _swarm.IsConnected(peer))
            return false;
        var known = _swarm.PeerStore.GetAddresses(peer);
        if (known.Count > 0 && !hasFailed)
            return false;
        var found = await findAsync(peer, token).ConfigureAwait(false);
        _swarm.PeerStore.AddAddresses(peer, found, Swarm.Peers.AddressTtl.Temporary, Swarm.Peers.AddressSource.Routing);
        return found.Except(known).Any();
    }

    private async Task PingQuietlyAsync(PeerId peer)
    {
        try
        {
            await _caller.PingAsync(peer, false, _context.Options.CallTimeout, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException)
        {
            // The caller has taken the node out of the table already.
        }
    }

    private void OnArrived(DhtNodeAddress newcomer)
    {
        _context.Log.MemberArrived(newcomer.Id, newcomer.Peer);
        _swarm.PeerStore.SetTag(newcomer.Peer, MemberTag);
        if (!_context.Options.ClientMode)
            HandOver(newcomer);
    }

    // A member that is only left behind by this node's own end stays known as one.
    private void OnLeft(PeerId peer)
    {
        if (_stopping.IsCancellationRequested)
            return;
        _context.Log.MemberLeft(peer);
        _swarm.PeerStore.RemoveTag(peer, MemberTag);
    }

    // A newcomer gets the records that it is now among the nearest to, from the node that was nearest so far.
    private void HandOver(DhtNodeAddress newcomer)
    {
        var items = new List<StoreItem>();
        foreach (var key in _context.Storage.Keys)
        {
            var nearest = _context.Peers.Nearest(key, _context.Options.Replicas, newcomer.Id);
            var isDue = nearest.Count == 0
                || (newcomer.Id.DistanceTo(key) < nearest[^1].Id.DistanceTo(key) && NodeId.DistanceTo(key) < nearest[0].Id.DistanceTo(key));
            if (isDue && _context.Storage.Get(key, _context.Now) is { } entry)
                items.Add(_lookups.ToItem(key, entry));
        }

        if (items.Count == 0)
            return;
        _context.Log.HandsOver(items.Count, newcomer.Peer);
        _ = _caller.StoreAsync(newcomer.Peer, items, inCache: false, _stopping.Token);
    }
}
