using Microsoft.Extensions.Logging;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Dialing;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Gating;
using PeerNet.Swarm.Listening;
using PeerNet.Swarm.Peers;
using PeerNet.Swarm.Streams;
using PeerNet.Swarm.Trimming;

namespace PeerNet.Swarm;

/// <summary>
/// One node's connections: it dials and listens, admits or refuses, opens and serves streams, and remembers peers. Everything above, each
/// protocol and the application, works through it. All members are safe to call from any thread.
/// </summary>
public sealed partial class SwarmHost : IAsyncDisposable
{
    /// <summary>Implementation limit: how long connections may take to say farewell.</summary>
    private static readonly TimeSpan FarewellTimeout = TimeSpan.FromSeconds(1);

    private readonly SwarmContext _context;
    private readonly HandlerRegistry _handlers;
    private readonly ConnectionTable _table;
    private readonly StreamDispatcher _dispatcher;
    private readonly StreamOpener _opener;
    private readonly ConnectionAdmitter _admitter;
    private readonly OwnAddresses _addresses;
    private readonly InboundAdmission _admission;
    private readonly ListenerSet _listeners;
    private readonly Dialer _dialer;
    private readonly Maintenance _maintenance;
    private readonly INetworkInterfaces _interfaces;
    private readonly Lock _lock = new();
    private Task? _shutdown;

    /// <summary>Makes a swarm. It dials and listens when told to; the transports belong to it from now on.</summary>
    public SwarmHost(SwarmOptions options, SwarmServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        _context = new SwarmContext(options, services);
        _interfaces = services.Interfaces;
        _handlers = new HandlerRegistry(OnProtocolsChanged);
        _table = new ConnectionTable(_context);
        _dispatcher = new StreamDispatcher(_context, _handlers, (peer, protocol, kind, detail) => ReportMisbehaviour(peer, new Misbehaviour(protocol, kind, detail)));
        _opener = new StreamOpener(_context);
        _admitter = new ConnectionAdmitter(_context, _table, _dispatcher, _opener);
        _addresses = new OwnAddresses(_context, services.Interfaces);
        _admission = new InboundAdmission(_context);
        _listeners = new ListenerSet(_context, _addresses, _admission, _admitter);
        _dialer = new Dialer(_context, _admitter, _addresses.IsOwn, () => _listeners.HasTcp);
        ConnectionManager = new ConnectionManager(_context, _table);
        _admitter.Opened += OnOpened;
        _admitter.Closed += OnClosed;
        _interfaces.Changed += OnInterfacesChanged;
        _maintenance = new Maintenance(_context, _table, _addresses, _admission, _dialer, ConnectionManager, peer => ConnectAsync(peer).AsTask());
    }

    /// <summary>This node.</summary>
    public PeerId LocalPeer => _context.LocalPeer;

    /// <summary>The node's key.</summary>
    public PrivateKey Identity => _context.Identity;

    /// <summary>What is known of other peers.</summary>
    public PeerStore PeerStore => _context.PeerStore;

    /// <summary>Refuses peers and addresses.</summary>
    public ConnectionGater Gater => _context.Gater;

    /// <summary>Trims connections and keeps chosen ones.</summary>
    public ConnectionManager ConnectionManager { get; }

    /// <summary>Limits what the node holds.</summary>
    public IResourceManager Resources => _context.Resources;

    /// <summary>Payload bytes of the node, by protocol and by peer.</summary>
    public BandwidthTable Bandwidth => _context.Bandwidth;

    /// <summary>The clock.</summary>
    public TimeProvider Time => _context.Time;

    /// <summary>The settings.</summary>
    public SwarmOptions Options => _context.Options;

    /// <summary>Dials that run now.</summary>
    public long DialsInFlight => _context.Metrics.InFlight;

    /// <summary>Whether the swarm is ending, or has ended.</summary>
    public bool IsShuttingDown => _context.IsDraining;

    /// <summary>Adds a transport made after the swarm, such as the relay client, which needs the swarm itself. The swarm disposes it.</summary>
    public void AddTransport(ITransport transport)
    {
        ArgumentNullException.ThrowIfNull(transport);
        lock (_lock)
            _context.AddTransport(transport);
    }

    /// <summary>
    /// What happens from now on, whether or not it is read at once. A subscriber that falls behind loses its oldest events and finds an
    /// <see cref="EventsMissed"/> in their place. It ends with the token or with the swarm.
    /// </summary>
    public IAsyncEnumerable<SwarmEvent> SubscribeAsync(CancellationToken token = default) => _context.Events.Subscribe(token);

    /// <summary>
    /// Ends the swarm in good order: listeners end and new streams are refused; handlers that run may finish within
    /// <paramref name="drain"/>; then their tokens are cancelled, the connections closed and the transports disposed. Repeated calls wait for
    /// the first.
    /// </summary>
    public Task ShutdownAsync(TimeSpan drain)
    {
        lock (_lock)
            return _shutdown ??= EndAsync(drain);
    }

    /// <summary>Ends the swarm, waiting for running handlers no longer than <see cref="SwarmOptions.DisposeDrain"/>.</summary>
    public async ValueTask DisposeAsync() => await ShutdownAsync(_context.Options.DisposeDrain).ConfigureAwait(false);

    private async Task EndAsync(TimeSpan drain)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        _context.IsDraining = true;
        _interfaces.Changed -= OnInterfacesChanged;
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        _dialer.AbandonAll();
        await _listeners.StopAllAsync().ConfigureAwait(false);
        if (drain > TimeSpan.Zero)
            await WaitAsync(_dispatcher.WhenIdle(), drain).ConfigureAwait(false);

        await _context.Stopping.CancelAsync().ConfigureAwait(false);
        var connections = _table.Snapshot();
        foreach (var connection in connections)
            _ = CloseAsync(connection);
        await WaitAsync(Task.WhenAll(connections.Select(connection => connection.Watch)), FarewellTimeout).ConfigureAwait(false);
        connections = _table.Snapshot();
        foreach (var connection in connections)
            connection.Abort(ErrorCodes.ConnectionShutdown);
        await WaitAsync(Task.WhenAll(connections.Select(connection => connection.Watch)), FarewellTimeout).ConfigureAwait(false);
        foreach (var transport in _context.Transports)
            await transport.DisposeAsync().ConfigureAwait(false);
        await WaitAsync(_dispatcher.WhenIdle(), FarewellTimeout).ConfigureAwait(false);
        _context.Events.Complete();
        _dialer.Dispose();
    }

    private async Task CloseAsync(PeerConnection connection)
    {
        try
        {
            using var deadline = _context.Time.CreateDeadline(FarewellTimeout);
            await connection.CloseAsync(ErrorCodes.ConnectionShutdown, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or IOException)
        {
            connection.Abort(ErrorCodes.ConnectionShutdown);
        }
    }

    private async Task WaitAsync(Task task, TimeSpan timeout)
    {
        using var done = new CancellationTokenSource();
        await Task.WhenAny(task, Task.Delay(timeout, _context.Time, done.Token)).ConfigureAwait(false);
        await done.CancelAsync().ConfigureAwait(false);
    }

    private void OnOpened(PeerConnection connection)
    {
        _dialer.OnConnected(connection);
        ConnectionManager.OnOpened(connection);
    }

    private void OnClosed(PeerConnection connection, bool wasLast)
    {
        _addresses.OnClosed(connection);
        ConnectionManager.OnClosed(connection, wasLast);
    }

    private void OnInterfacesChanged(object? sender, EventArgs args) => _addresses.Refresh();

    private void OnProtocolsChanged(IReadOnlyList<ProtocolId> added, IReadOnlyList<ProtocolId> removed)
    {
        if (_context.Events.HasSubscribers)
            _context.Events.Publish(new ProtocolsChanged(_context.Events.Now, added, removed));
    }
}
