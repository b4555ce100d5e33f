using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PeerNet.Configuration;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Storage;
using PeerNet.Swarm;

namespace PeerNet.Dht;

/// <summary>
/// The node's part in distributed hash tables: the public and the local one side by side, as Kubo keeps them, or one network of its own.
/// Thread-safe.
/// </summary>
public sealed class NodeDht : IAsyncDisposable
{
    private readonly DualDht? _dual;
    private readonly KadService? _single;

    private NodeDht(DualDht? dual, KadService? single)
    {
        _dual = dual;
        _single = single;
    }

    /// <summary>The tables, the public one first.</summary>
    public IReadOnlyList<KadService> Tables => _dual is null ? [_single!] : [_dual.Wan, _dual.Lan];

    /// <summary>Whether requests of others are answered; setting it tells the peers.</summary>
    public KadMode Mode
    {
        get => Tables[0].Mode;
        set
        {
            foreach (var table in Tables)
                table.Mode = value;
        }
    }

    /// <summary>Finds a peer and its addresses; null when nobody knows it.</summary>
    /// <exception cref="KadException">The routing tables are empty.</exception>
    public Task<FoundPeer?> FindPeerAsync(PeerId peer, CancellationToken token = default)
        => _dual?.FindPeerAsync(peer, token) ?? _single!.FindPeerAsync(peer, token);

    /// <summary>The peers nearest to a key.</summary>
    /// <exception cref="KadException">The routing tables are empty.</exception>
    public async Task<IReadOnlyList<KadPeer>> GetClosestPeersAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
        => _dual is not null
            ? await _dual.GetClosestPeersAsync(key, token).ConfigureAwait(false)
            : (await _single!.GetClosestPeersAsync(key, token).ConfigureAwait(false)).Closest;

    /// <summary>Tells the network that this node has some content, and tells it again from time to time.</summary>
    /// <exception cref="KadException">The routing tables are empty.</exception>
    public async Task<IReadOnlyList<PublishResult>> ProvideAsync(ContentKey key, CancellationToken token = default)
        => _dual is not null
            ? await _dual.ProvideAsync(key, token).ConfigureAwait(false)
            : [await _single!.ProvideAsync(key, token).ConfigureAwait(false)];

    /// <summary>Finds who has some content, each once, as they are found.</summary>
    /// <exception cref="KadException">The routing tables are empty.</exception>
    public async IAsyncEnumerable<KadPeer> FindProvidersAsync(ContentKey key, int count = KadProtocol.BucketSize, [EnumeratorCancellation] CancellationToken token = default)
    {
        var found = _dual?.FindProvidersAsync(key, count, token) ?? _single!.FindProvidersAsync(key, count, token);
        await foreach (var provider in found.ConfigureAwait(false))
            yield return provider;
    }

    /// <summary>Puts a value into the network and keeps it there.</summary>
    /// <exception cref="KadException">The value is not valid for its key, or the routing tables are empty.</exception>
    public async Task<IReadOnlyList<PublishResult>> PutValueAsync(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, CancellationToken token = default)
        => _dual is not null
            ? await _dual.PutValueAsync(key, value, token).ConfigureAwait(false)
            : [await _single!.PutValueAsync(key, value, token).ConfigureAwait(false)];

    /// <summary>The best value of a key; null when there is none.</summary>
    /// <exception cref="KadException">The routing tables are empty.</exception>
    public Task<FoundValue?> GetValueAsync(ReadOnlyMemory<byte> key, int? quorum = null, CancellationToken token = default)
        => _dual?.GetValueAsync(key, quorum, token) ?? _single!.GetValueAsync(key, quorum, token);

    /// <summary>Looks for peers that the tables lack.</summary>
    public Task RefreshAsync(CancellationToken token = default) => _dual?.RefreshAsync(token) ?? _single!.RefreshAsync(token);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _dual?.DisposeAsync() ?? _single!.DisposeAsync();

    internal static NodeDht? Create(SwarmHost swarm, DhtNodeOptions options, IReadOnlyList<Multiaddress> bootstrap, NodeStorage? storage, ILoggerFactory loggers)
    {
        if (options.Mode == DhtNodeMode.Off)
            return null;
        var mode = options.Mode switch
        {
            DhtNodeMode.Client => KadMode.Client,
            DhtNodeMode.Server => KadMode.Server,
            _ => KadMode.Auto,
        };
        var validators = RecordValidators.Default.With(options.OpenNamespaces.Select(name => new AnyValueValidator(name)));
        KadOptions Adjust(KadOptions table) => table with { Mode = mode, Validators = validators, BootstrapPeers = bootstrap };
        (IRecordStore Records, IProviderStore Providers) Stores(KadOptions table)
            => storage is null
                ? (new MemoryRecordStore(), new MemoryProviderStore())
                : (storage.CreateRecordStore(table.Protocol.Value), storage.CreateProviderStore(table.Protocol.Value));

        if (options.Protocol is null)
            return new NodeDht(new DualDht(swarm, Adjust(KadOptions.PublicDht), Adjust(KadOptions.LanDht), Stores, loggers), null);
        var own = Adjust(new KadOptions
        {
            Protocol = options.Protocol,
            Scope = options.Addresses switch { DhtAddresses.Public => KadScope.Wan, DhtAddresses.Private => KadScope.Lan, _ => KadScope.Any },
            Table = options.LimitGroups
                ? new Protocols.Kad.Table.RoutingTableOptions()
                : new Protocols.Kad.Table.RoutingTableOptions { MaxPeersPerGroupInBucket = null, MaxPeersPerGroupInTable = null },
        });
        var (records, providers) = Stores(own);
        return new NodeDht(null, new KadService(swarm, own, records, providers, loggers));
    }
}
