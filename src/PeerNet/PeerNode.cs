using System.Net.Sockets;
using System.Text.RegularExpressions;
using PeerNet.Configuration;
using PeerNet.Control;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Dht;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Fetch;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Perf;
using PeerNet.Protocols.Ping;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet;

/// <summary>
/// A libp2p node: an identity, its connections, and the protocols every peer expects. Made with <see cref="CreateBuilder"/>; runs until it is
/// shut down or disposed. All members are safe to call from any thread.
/// </summary>
public sealed partial class PeerNode : IAsyncDisposable
{
    private readonly PeerNodeSettings _settings;
    private readonly NodeParts _parts;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ControlHost _controlHost;
    private BootstrapConnector? _bootstrap;
    private ControlServer? _control;
    private int _ended;

    internal PeerNode(PeerNodeSettings settings, NodeParts parts)
    {
        _settings = settings;
        _parts = parts;
        _controlHost = new ControlHost(this, _stopping.Cancel);
    }

    /// <summary>This node's id.</summary>
    public PeerId PeerId => Swarm.LocalPeer;

    /// <summary>The node's connections, and everything below this facade.</summary>
    public SwarmHost Swarm => _parts.Swarm;

    /// <summary>Addresses that others can dial, with this node's id at the end.</summary>
    public IReadOnlyList<string> Addresses => [.. Swarm.AdvertisedAddresses.Select(address => address.WithPeerId(PeerId).ToString())];

    /// <summary>The node's folder; null when it keeps nothing.</summary>
    public DataFolder? DataFolder => _parts.Folder;

    /// <summary>Identify and identify push.</summary>
    public IdentifyService Identify => _parts.Identify;

    /// <summary>Ping.</summary>
    public PingService Ping => _parts.Ping;

    /// <summary>Perf.</summary>
    public PerfService Perf => _parts.Perf;

    /// <summary>Fetch.</summary>
    public FetchService Fetch => _parts.Fetch;

    /// <summary>The node's part in distributed hash tables; null when it takes none.</summary>
    public NodeDht? Dht => _parts.Dht;

    /// <summary>Is cancelled when the node begins to end, or was told to over its control socket.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Number of configured bootstrap addresses.</summary>
    public int BootstrapCount => _settings.Bootstrap.Count;

    internal string Agent => _parts.Agent;

    internal PrivateKey Identity => Swarm.Identity;

    /// <summary>Starts a description of a node.</summary>
    public static PeerNodeBuilder CreateBuilder() => new();

    /// <summary>Connects to a peer, or returns the connection there is.</summary>
    /// <param name="address">An address that ends in <c>/p2p/ID</c>.</param>
    /// <param name="token">Ends the wait.</param>
    /// <exception cref="FormatException">The address is malformed or names no peer.</exception>
    /// <exception cref="Core.Errors.DialException">The peer was not reached.</exception>
    public ValueTask<PeerConnection> ConnectAsync(string address, CancellationToken token = default)
    {
        var parsed = Multiaddress.Parse(address);
        if (!parsed.TryGetPeerId(out _))
            throw new FormatException($"{address} does not say who is there: it must end in /p2p/ID.");
        return Swarm.ConnectAsync(parsed, null, token);
    }

    /// <summary>Connects to a peer whose addresses are known, or returns the connection there is.</summary>
    /// <exception cref="Core.Errors.DialException">The peer was not reached.</exception>
    public ValueTask<PeerConnection> ConnectAsync(PeerId peer, CancellationToken token = default) => Swarm.ConnectAsync(peer, null, token);

    /// <summary>Opens a stream; see <see cref="SwarmHost.OpenStreamAsync(PeerId, ProtocolId, StreamOptions?, CancellationToken)"/>.</summary>
    public ValueTask<PeerStream> OpenStreamAsync(PeerId peer, ProtocolId protocol, CancellationToken token = default)
        => Swarm.OpenStreamAsync(peer, protocol, null, token);

    /// <summary>Serves a protocol until what is returned is disposed.</summary>
    /// <exception cref="InvalidOperationException">The protocol is served already.</exception>
    public IDisposable Handle(ProtocolId protocol, StreamHandler handler, HandlerOptions? options = null) => Swarm.Handle(protocol, handler, options);

    /// <summary>Measures the round-trip time to a peer.</summary>
    public ValueTask<TimeSpan> PingAsync(PeerId peer, CancellationToken token = default) => Ping.PingAsync(peer, token);

    /// <summary>What happens from now on; see <see cref="SwarmHost.SubscribeAsync"/>.</summary>
    public IAsyncEnumerable<SwarmEvent> SubscribeAsync(CancellationToken token = default) => Swarm.SubscribeAsync(token);

    /// <summary>A driver of this node inside the process: the control protocol without a socket.</summary>
    public ControlClient OpenControl() => _controlHost.OpenClient(_stopping.Token);

    /// <summary>
    /// Ends the node in good order: running handlers get up to <paramref name="drain"/> to finish. Repeated calls wait for the first.
    /// </summary>
    public async Task ShutdownAsync(TimeSpan drain)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
            if (_control is not null)
                await _control.DisposeAsync().ConfigureAwait(false);
            if (Hivemind is { } swarm)
                await swarm.DisposeAsync().ConfigureAwait(false);
            if (_bootstrap is not null)
                await _bootstrap.DisposeAsync().ConfigureAwait(false);
            await Swarm.ShutdownAsync(drain).ConfigureAwait(false);
            await _parts.DisposeAsync().ConfigureAwait(false);
            return;
        }

        await Swarm.ShutdownAsync(drain).ConfigureAwait(false);
    }

    /// <summary>Ends the node; handlers that run are not waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await ShutdownAsync(TimeSpan.Zero).ConfigureAwait(false);
        _stopping.Dispose();
    }

    internal async Task StartAsync(bool listenOnDefaults, CancellationToken token)
    {
        foreach (var address in _settings.Listen)
            await ListenAsync(address, token).ConfigureAwait(false);
        if (listenOnDefaults)
            await ListenOnDefaultsAsync(token).ConfigureAwait(false);
        if (_settings.Options.Hivemind.Mode != HivemindNodeMode.Off)
            await JoinHivemindAsync(HivemindMembership.Options(_settings), token: token).ConfigureAwait(false);
        if (DataFolder is { } folder)
            _control = ControlServer.Start(folder.ControlSocket, _controlHost.CreateSession);
        _bootstrap = BootstrapConnector.Start(Swarm, _parts.Resolver, _settings.Bootstrap);
    }

    internal async Task<Multiaddress> ListenAsync(Multiaddress address, CancellationToken token)
    {
        try
        {
            return await Swarm.ListenAsync(address, token).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            throw new ListenException(address, error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "the port is in use; name another one, or 0 for any.",
                SocketError.AddressNotAvailable => "no interface has that address.",
                SocketError.AccessDenied => "the system allows such ports to its administrator only.",
                _ => error.Message,
            }, error);
        }
        catch (NotSupportedException error)
        {
            throw new ListenException(address, "no configured transport listens on addresses of that shape; expected for example /ip4/0.0.0.0/tcp/4001 or /ip4/0.0.0.0/tcp/4002/ws.", error);
        }
    }

    // Nobody named these addresses, so none of them is worth a failed start: a taken port becomes a free one, a missing IPv6 is left out.
    private async Task ListenOnDefaultsAsync(CancellationToken token)
    {
        foreach (var text in Presets.DefaultListen)
        {
            var address = Multiaddress.Parse(text);
            try
            {
                await ListenAsync(address, token).ConfigureAwait(false);
            }
            catch (ListenException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
await ListenAsync(Multiaddress.Parse(PortOf().Replace(text, "/tcp/0")), token).ConfigureAwait(false);
            }
            catch (ListenException error) when (error.InnerException is SocketException or NotSupportedException)
            {
                _parts.Log.DefaultAddressLeftOut(address, error.Message);
            }
        }
    }

    [GeneratedRegex("/tcp/[0-9]+")]
    private static partial Regex PortOf();
}
