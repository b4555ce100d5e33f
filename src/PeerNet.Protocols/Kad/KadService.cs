using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PeerNet.Core;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Rpc;
using PeerNet.Protocols.Kad.Serving;
using PeerNet.Protocols.Kad.Stores;
using PeerNet.Protocols.Kad.Table;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet.Protocols.Kad;

/// <summary>
/// One distributed hash table: client, and server when its mode says so. It fills its routing table from the peers that the swarm meets
/// and that identify as servers, keeps it fresh, and sends this node's own records out again. Thread-safe. Disposing ends it; the swarm
/// and the stores are not disposed.
/// </summary>
/// <remarks>
/// Contract: an operation asks each peer at most once; each request has a deadline, and a slow peer is overtaken; what was found when the
/// time is over is returned. Absence is an empty result, not an error. An operation with an empty table waits
/// <see cref="KadOptions.JoinTimeout"/> for a first member and then fails with <see cref="KadFailure.NoPeers"/>.
/// </remarks>
public sealed partial class KadService : IAsyncDisposable
{
    private readonly SwarmHost _swarm;
    private readonly KadOptions _options;
    private readonly IRecordStore _records;
    private readonly IProviderStore _providers;
    private readonly ILogger _log;
    private readonly AddressPolicy _policy;
    private readonly TableKeeper _table;
    private readonly KadClient _client;
    private readonly LookupRunner _runner;
    private readonly KadServer _server;
    private readonly RandomKeys _randomKeys;
    private readonly BackgroundWork _work = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _modeLock = new();
    private readonly Task _running;
    private IDisposable? _serving;
    private KadMode _mode;
    private bool _isReachable;
    private int _disposed;

    /// <summary>Starts the table on a swarm. A node that identifies peers must run on the same swarm: without identify nobody is known to serve the protocol.</summary>
    /// <param name="swarm">The swarm.</param>
    /// <param name="options">Settings; null takes those of the public network.</param>
    /// <param name="records">Keeps values; null keeps them in memory.</param>
    /// <param name="providers">Keeps provider records; null keeps them in memory.</param>
    /// <param name="loggerFactory">Where logs go.</param>
    public KadService(SwarmHost swarm, KadOptions? options = null, IRecordStore? records = null, IProviderStore? providers = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
        _options = options ?? KadOptions.PublicDht;
        _records = records ?? new MemoryRecordStore();
        _providers = providers ?? new MemoryProviderStore();
        _log = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("PeerNet.Kad");
        _policy = new AddressPolicy(_options.Scope);
        var seed = _options.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue);
        _table = new TableKeeper(swarm, _options, _policy, new Random(seed));
        _randomKeys = new RandomKeys(_table.LocalKey, new Random(seed + 1));
        _client = new KadClient(swarm, _options.Protocol, _options.StreamIdleTimeout);
        _runner = new LookupRunner(swarm, _options, _client, _table, _policy, _log);
        _server = new KadServer(swarm, _options, new KadResponder(swarm, _options, _table, _policy, _records, _providers));
        _mode = _options.Mode;

        // Subscribed before the first look at the connections: one that opens in between is seen twice, not missed.
        var events = swarm.SubscribeAsync(_stopping.Token);
        ApplyMode();
        _running = Task.WhenAll(FollowAsync(events), KeepUpAsync(new Random(seed + 2)));
    }

    /// <summary>The protocol, which is also the network's name.</summary>
    public ProtocolId Protocol => _options.Protocol;

    /// <summary>The settings.</summary>
    public KadOptions Options => _options;

    /// <summary>Members of the routing table.</summary>
    public int TableCount => _table.Count;

    /// <summary>Whether requests of others are answered now.</summary>
    public bool IsServing
    {
        get
        {
            lock (_modeLock)
                return _serving is not null;
        }
    }

    /// <summary>Whether to answer requests. Setting it tells the peers.</summary>
    public KadMode Mode
    {
        get
        {
            lock (_modeLock)
                return _mode;
        }

        set
        {
            lock (_modeLock)
                _mode = value;
            ApplyMode();
        }
    }

    /// <summary>The estimated number of servers in the network; null while too little is known.</summary>
    public double? NetworkSize => _table.NetworkSize;

    /// <summary>It was found out whether others can reach this node from the Internet: decides in <see cref="KadMode.Auto"/>.</summary>
    public void ReportReachability(bool isReachable)
    {
        lock (_modeLock)
            _isReachable = isReachable;
        ApplyMode();
    }

    /// <summary>The members of the routing table.</summary>
    public IReadOnlyList<RoutingTableMember> GetTable() => _table.GetMembers();

    /// <summary>Fills the table with peers that are known to serve, each with its address: simulations begin with networks that have been running.</summary>
    internal void FillTable(IEnumerable<(PeerId Peer, Multiaddress Address)> peers) => _table.Fill(peers);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        ApplyMode();
        _client.Dispose();
        await _running.ConfigureAwait(false);
        await _work.WhenIdleAsync().ConfigureAwait(false);
        _table.Release();
        _stopping.Dispose();
    }

    private void ApplyMode()
    {
        lock (_modeLock)
        {
            var serve = Volatile.Read(ref _disposed) == 0 && _mode switch
            {
                KadMode.Server => true,
                KadMode.Client => false,
                _ => _options.Scope != KadScope.Wan || _isReachable,
            };
            if (serve == _serving is not null)
                return;
            if (serve)
            {
                _serving = _swarm.Handle(_options.Protocol, _server.ServeAsync, new HandlerOptions { MaxInboundStreams = _options.MaxInboundStreamsPerPeer });
            }
            else
            {
                _serving!.Dispose();
                _serving = null;
            }

            KadLog.Serving(_log, _options.Protocol, serve ? "answered" : "not answered");
        }
    }

    private async Task FollowAsync(IAsyncEnumerable<SwarmEvent> events)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ConsiderAll();
        try
        {
            await foreach (var happened in events.ConfigureAwait(false))
                Follow(happened);
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Follow(SwarmEvent happened)
    {
        switch (happened)
        {
            case PeerIdentified identified when _swarm.PeerStore.Supports(identified.Connection.Peer, _options.Protocol):
                _table.Consider(identified.Connection.Peer);
                break;
            case PeerIdentified { IsPush: true } identified:
                _table.Doubt(identified.Connection.Peer);
                break;
            case PeerIdentified identified:
                _table.Remove(identified.Connection.Peer);
                break;
            case PeerDisconnected disconnected:
                _table.OnDisconnected(disconnected.Peer);
                break;
            case EventsMissed:
                ConsiderAll();
                break;
            default:
                break;
        }
    }

    private void ConsiderAll()
    {
        foreach (var connection in _swarm.Connections)
            _table.Consider(connection.Peer);
    }
}
