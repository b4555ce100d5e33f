using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;
using PeerNet.Swarm.Peers;

namespace PeerNet;

/// <summary>
/// Keeps the node connected to its bootstrap peers: their addresses never expire, lost connections are dialled again with growing pauses, and
/// a name that does not resolve now is asked again later.
/// </summary>
internal sealed class BootstrapConnector : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ResolveTimeout = TimeSpan.FromSeconds(30);

    private readonly SwarmHost _swarm;
    private readonly IAddressResolver _resolver;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    private BootstrapConnector(SwarmHost swarm, IAddressResolver resolver, IReadOnlyList<Multiaddress> addresses)
    {
        _swarm = swarm;
        _resolver = resolver;
        _running = Task.WhenAll(addresses.Select(ConnectAsync));
    }

    public static BootstrapConnector Start(SwarmHost swarm, IAddressResolver resolver, IReadOnlyList<Multiaddress> addresses) => new(swarm, resolver, addresses);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task ConnectAsync(Multiaddress address)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var pause = FirstPause;
        try
        {
            while (!await TryConnectAsync(address).ConfigureAwait(false))
            {
                await Task.Delay(pause, _swarm.Time, _stopping.Token).ConfigureAwait(false);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The node ends.
        }
    }

    // True when nothing is left to do here: the connection manager dials kept peers again by itself.
    private async Task<bool> TryConnectAsync(Multiaddress address)
    {
        var found = false;
        foreach (var candidate in await ResolveAsync(address).ConfigureAwait(false))
        {
            if (!candidate.TryGetPeerId(out var peer) || peer!.Equals(_swarm.LocalPeer))
                continue;
            found = true;
            _swarm.PeerStore.AddAddresses(peer, [candidate.WithoutPeerId()], AddressTtl.Permanent, AddressSource.Bootstrap);
            _swarm.ConnectionManager.KeepAlive(peer);
        }

        return found;
    }

    private async Task<IReadOnlyList<Multiaddress>> ResolveAsync(Multiaddress address)
    {
        // Only /dnsaddr must be looked up to learn who is there; other names are resolved when they are dialled.
        if (!address.Contains(MultiaddressCodes.DnsAddr))
            return [address];
        try
        {
            using var deadline = _swarm.Time.CreateDeadline(ResolveTimeout, _stopping.Token);
            return await _resolver.ResolveAsync(address, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NameResolutionException || (error is OperationCanceledException && !_stopping.IsCancellationRequested))
        {
            return [];
        }
    }
}
