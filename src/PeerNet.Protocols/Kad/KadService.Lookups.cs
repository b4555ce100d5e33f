using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Lookups;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;
using PeerNet.Swarm.Peers;

namespace PeerNet.Protocols.Kad;

// Finding peers and providers.
public sealed partial class KadService
{
    // Implementation limit: addresses of a peer that is looked for, those of all answers together.
    private const int MaxNamedAddresses = 64;

    /// <summary>Finds the peers nearest to a key.</summary>
    /// <param name="key">What is hashed to the point: the bytes of a peer id, of a content key or of a value key.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="KadException">The routing table is empty.</exception>
    public async Task<ClosestPeersResult> GetClosestPeersAsync(ReadOnlyMemory<byte> key, CancellationToken token = default)
    {
        using var operation = Begin(token);
        await WaitForPeersAsync(operation.Token).ConfigureAwait(false);
        return await LookUpAsync(key, null, "closest", operation.Token).ConfigureAwait(false);
    }

    /// <summary>
    /// Finds a peer: the first addresses that are named are tried, and the walk goes on when they do not work. A peer that is connected is
    /// found at once.
    /// </summary>
    /// <returns>Null when nobody knows the peer.</returns>
    /// <exception cref="KadException">The routing table is empty.</exception>
    public async Task<FoundPeer?> FindPeerAsync(PeerId peer, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (Connected(peer) is { } connected)
            return connected;
        if (peer == _swarm.LocalPeer)
            return new FoundPeer(new KadPeer(peer, _swarm.AdvertisedAddresses, KadConnection.Connected), true);
        using var operation = Begin(token);
        await WaitForPeersAsync(operation.Token).ConfigureAwait(false);
        var named = new List<Multiaddress>();
        var tried = 0;
        Task? dial = null;
        var lookup = NewLookup(KadKey.Of(peer), null);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(operation.Token);
        try
        {
            await _runner.RunAsync(
                lookup,
                new KadMessage { Type = KadMessageType.FindNode, Key = peer.Bytes },
                "peer",
                (answerer, answer, closer) =>
                {
                    lookup.OnAnswered(answerer, closer.Select(one => one.Id));
                    if (closer.FirstOrDefault(one => one.Id == peer) is { } found)
                        named.AddRange(found.Addresses.Except(named).Take(MaxNamedAddresses - named.Count));
                    if (dial is null or { IsCompleted: true } && named.Count > tried)
                        dial = DialNamedAsync();
                },
                enough.Token).ConfigureAwait(false);
            if (dial is not null)
                await dial.ConfigureAwait(false);
            if (named.Count > tried)
                await DialNamedAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!operation.IsCancellationRequested)
        {
            // It is connected: the rest of the walk is not needed.
        }

        return Connected(peer) ?? (named.Count > 0 ? new FoundPeer(new KadPeer(peer, named), false) : null);

        async Task DialNamedAsync()
        {
            tried = named.Count;
            if (await TryConnectAsync(peer, [.. named], operation.Token).ConfigureAwait(false))
                await enough.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Finds who has some content, each once, as they are found.</summary>
    /// <param name="key">The content.</param>
    /// <param name="count">After how many to stop.</param>
    /// <param name="token">Cancels.</param>
    /// <exception cref="KadException">The routing table is empty, and this node knows none itself.</exception>
    public async IAsyncEnumerable<KadPeer> FindProvidersAsync(ContentKey key, int count = KadProtocol.BucketSize, [EnumeratorCancellation] CancellationToken token = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        using var operation = Begin(token);
        var found = Channel.CreateBounded<KadPeer>(new BoundedChannelOptions(count) { SingleReader = true });
        var walk = WalkForProvidersAsync(key, count, found.Writer, operation.Token);
        try
        {
            await foreach (var provider in found.Reader.ReadAllAsync(operation.Token).ConfigureAwait(false))
                yield return provider;
        }
        finally
        {
            // Whoever stops reading stops the walk.
            await operation.CancelAsync().ConfigureAwait(false);
            await walk.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (walk.IsFaulted)
            await walk.ConfigureAwait(false);
    }

    private async Task WalkForProvidersAsync(ContentKey key, int count, ChannelWriter<KadPeer> found, CancellationToken token)
    {
        try
        {
            var known = await _providers.GetAsync(key.Bytes, count, token).ConfigureAwait(false);
            var local = known.Where(record => !record.IsOwn).Select(record => new KadPeer(record.Provider, record.Addresses)).ToArray();
            Report(local);
            if (local.Length >= count || (local.Length > 0 && _table.Count == 0))
                return;
            await WaitForPeersAsync(token).ConfigureAwait(false);
            var lookup = new ProviderLookup(NewLookup(key.Key, RecordRadius), count);
            lookup.Offer(local);
            await _runner.RunAsync(
                lookup.Peers,
                new KadMessage { Type = KadMessageType.GetProviders, Key = key.Bytes },
                "providers",
                (answerer, answer, closer) =>
                {
                    var remote = _runner.RemoteOf(answerer);
                    var named = answer.ProviderPeers
                        .Where(one => one.Id != _swarm.LocalPeer)
                        .Select(one => one with { Addresses = _policy.Believable(remote, one.Id, one.Addresses) });
                    Report(lookup.OnAnswered(answerer, named, closer.Select(one => one.Id)));
                },
                token).ConfigureAwait(false);
            _table.OnLookup(key.Key, null);

            void Report(IReadOnlyList<KadPeer> providers)
            {
                foreach (var provider in providers)
                {
                    if (provider.Addresses.Count > 0)
                        _swarm.PeerStore.AddAddresses(provider.Id, provider.Addresses, AddressTtl.Temporary, AddressSource.Routing);
                    found.TryWrite(provider.Addresses.Count > 0 ? provider : Describe(provider.Id));
                }
            }
        }
        finally
        {
            found.TryComplete();
        }
    }

    private async Task<ClosestPeersResult> LookUpAsync(ReadOnlyMemory<byte> key, Distance? radius, string purpose, CancellationToken token, bool isRandom = false)
    {
        var target = KadKey.Of(key.Span);
        var lookup = NewLookup(target, radius);
        await _runner.RunAsync(
            lookup,
            new KadMessage { Type = KadMessageType.FindNode, Key = key },
            purpose,
            (answerer, answer, closer) => lookup.OnAnswered(answerer, closer.Select(one => one.Id)),
            token).ConfigureAwait(false);
        var closest = lookup.GetClosest();
        _table.OnLookup(target, isRandom && lookup.Outcome == LookupOutcome.Converged ? closest : null);
        return new ClosestPeersResult([.. closest.Select(Describe)], lookup.Outcome, lookup.Requests, lookup.Failures, lookup.Rounds);
    }

    // The region in which records are kept and looked for; null for the nearest alone.
    private Distance? RecordRadius => _options.UseRegion ? _table.RadiusFor(_options.Lookup.Count) : null;

    private ClosestPeersLookup NewLookup(KadKey target, Distance? radius)
        => new(target, _swarm.LocalPeer, _table.Closest(target, _options.Lookup.Count), _options.Lookup with { Radius = radius }, _swarm.Time.GetInstant());

    private KadPeer Describe(PeerId peer)
        => new(peer, [.. _table.AddressesOf(peer)], _swarm.IsConnected(peer) ? KadConnection.Connected : KadConnection.NotConnected);

    private FoundPeer? Connected(PeerId peer)
    {
        if (_swarm.GetConnection(peer) is not { } connection)
            return null;
        var addresses = _swarm.PeerStore.GetAddresses(peer);
        return new FoundPeer(new KadPeer(peer, addresses.Count > 0 ? addresses : [connection.Description.RemoteAddress], KadConnection.Connected), true);
    }

    private async Task<bool> TryConnectAsync(PeerId peer, IReadOnlyList<Multiaddress> addresses, CancellationToken token)
    {
        try
        {
            using var deadline = _swarm.Time.CreateDeadline(_options.Lookup.RequestTimeout, token);
            await _swarm.ConnectAsync(peer, new ConnectOptions { Addresses = addresses }, deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>A token that the end of the service cancels too.</summary>
    private CancellationTokenSource Begin(CancellationToken token)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        return CancellationTokenSource.CreateLinkedTokenSource(token, _stopping.Token);
    }

    /// <summary>Waits for the first member of an empty table, when there is somebody who may become one.</summary>
    private async Task WaitForPeersAsync(CancellationToken token)
    {
        if (_table.Count > 0)
            return;
        if (_swarm.ConnectionCount > 0 || _swarm.DialsInFlight > 0 || _options.BootstrapPeers.Count > 0)
        {
            using var deadline = _swarm.Time.CreateDeadline(_options.JoinTimeout, token);
            try
            {
                while (true)
                {
                    var changed = _table.Changed;
                    if (_table.Count > 0)
                        return;
                    await changed.WaitAsync(deadline.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                // Nobody came.
            }
        }

        throw new KadException(KadFailure.NoPeers, $"{_options.Protocol}: the routing table is empty: this node knows nobody who serves the protocol.");
    }
}
