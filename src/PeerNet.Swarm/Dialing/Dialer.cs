using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Events;

namespace PeerNet.Swarm.Dialing;

/// <summary>
/// Connects to peers. Callers that want the same peer at the same time share one dial; an inbound connection that comes up meanwhile ends it
/// too. Whatever ends a dial, its entry is gone when its waiters hear of it. Thread-safe.
/// </summary>
internal sealed class Dialer : IDisposable
{
    private readonly SwarmContext _context;
    private readonly ConnectionAdmitter _admitter;
    private readonly Lock _lock = new();
    private readonly Dictionary<PeerId, PeerDial> _shared = [];
    private readonly Func<bool> _hasListener;

    /// <param name="context">The swarm.</param>
    /// <param name="admitter">Checks connections that come up.</param>
    /// <param name="isOwnAddress">Whether this node listens on an address.</param>
    /// <param name="hasListener">Whether there is a listening port to dial from.</param>
    public Dialer(SwarmContext context, ConnectionAdmitter admitter, Func<Multiaddress, bool> isOwnAddress, Func<bool> hasListener)
    {
        _context = context;
        _admitter = admitter;
        _hasListener = hasListener;
        Defences = new DialDefences(context.Time, context.Options.Dialing);
        Filter = new DialFilter(context, Defences, isOwnAddress);
    }

    public DialDefences Defences { get; }

    public DialFilter Filter { get; }

    /// <summary>Dials that callers share now.</summary>
    public int SharedCount
    {
        get
        {
            lock (_lock)
                return _shared.Count;
        }
    }

    /// <summary>Dials a peer, or joins a dial that runs.</summary>
    /// <exception cref="DialException">The peer was not reached.</exception>
    public async ValueTask<PeerConnection> DialAsync(PeerId? peer, ConnectOptions options, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();
        if (peer == _context.LocalPeer)
            throw new DialException(peer, DialFailure.Self, []);
        if (_context.IsDraining)
            throw new DialException(peer, DialFailure.ShuttingDown, []);
        if (peer is not null && !_context.Gater.AllowDial(peer))
            throw new DialException(peer, DialFailure.Gated, []);

        var mayJoin = true;
        while (true)
        {
            var (dial, isOwn) = JoinOrStart(peer, options, mayJoin);
            try
            {
                // A dial of one's own has one's own deadline, and tells what became of each address.
                var timeout = isOwn ? Timeout.InfiniteTimeSpan : options.Timeout ?? _context.Options.Dialing.PeerTimeout;
                var connection = await dial.Done.WaitAsync(timeout, _context.Time, token).ConfigureAwait(false);
                if (!connection.IsLimited || options.AllowLimited)
                    return connection;

                // The dial that was joined was content with a relay; this caller is not.
                options = options with { Force = true };
            }
            catch (DialException error) when (!isOwn && !HasTried(error, options.Addresses))
            {
                // The dial that was joined ended before it took the addresses that this caller brought.
                mayJoin = false;
            }
            catch (TimeoutException)
            {
                throw new DialException(peer, DialFailure.TimedOut, []);
            }
            finally
            {
                Leave(dial);
            }
        }
    }

    /// <summary>A connection to a peer has come up: a dial of that peer need not go on.</summary>
    public void OnConnected(PeerConnection connection)
    {
        Defences.Clear(connection.Peer);
        if (connection.IsLimited)
            return;
        PeerDial? dial;
        lock (_lock)
            _shared.TryGetValue(connection.Peer, out dial);
        dial?.Satisfy(connection);
    }

    /// <summary>Dials one address once, and again at once from another port when both sides may have dialled at the same time.</summary>
    public async ValueTask<PeerConnection> DialAddressAsync(PeerId? peer, Multiaddress address, ConnectOptions options, Func<bool> isTooLate, CancellationToken token)
    {
        var transport = Filter.TransportFor(address) ?? throw new DialException(peer, DialFailure.NoAddresses, []);
        var usesDescriptor = UsesDescriptor(address);
        if (usesDescriptor)
            await Defences.Descriptors.WaitAsync(token).ConfigureAwait(false);
        try
        {
            var reusePort = _context.Options.Dialing.ReusePorts && !options.NoPortReuse && _hasListener();
            try
            {
                return await DialOnceAsync(transport, peer, address, options, reusePort, usesDescriptor, isTooLate, token).ConfigureAwait(false);
            }
            catch (Exception error) when (reusePort && options.IsInitiator && !token.IsCancellationRequested && SimultaneousOpen.MayExplain(address, error))
            {
                return await DialOnceAsync(transport, peer, address, options, reusePort: false, usesDescriptor, isTooLate, token).ConfigureAwait(false);
            }
        }
        finally
        {
            if (usesDescriptor)
                Defences.Descriptors.Release();
        }
    }

    /// <summary>Ends all dials that are shared; others end with the swarm.</summary>
    public void AbandonAll()
    {
        lock (_lock)
        {
            foreach (var dial in _shared.Values)
                dial.Abandon();
        }
    }

    public void Dispose() => Defences.Dispose();

    private static bool UsesDescriptor(Multiaddress address)
        => !address.IsCircuit() && (address.Contains(MultiaddressCodes.Tcp) || address.Contains(MultiaddressCodes.Unix));

    private static bool HasTried(DialException error, IReadOnlyList<Multiaddress> addresses)
    {
        foreach (var address in addresses)
        {
            if (!error.Attempts.Any(attempt => attempt.Address.WithoutPeerId() == address.WithoutPeerId() || attempt.Address == address.WithoutPeerId().ToComparable()))
                return false;
        }

        return true;
    }

    // Only plain dials are shared: what a hole punch asks for must happen as it asks.
    private static bool IsShareable(ConnectOptions options)
        => options is { Force: false, IgnoreBackoff: false, IsInitiator: true, NoPortReuse: false, OnlyTheseAddresses: false };

    private (PeerDial Dial, bool IsOwn) JoinOrStart(PeerId? peer, ConnectOptions options, bool mayJoin)
    {
        PeerDial dial;
        var isShared = peer is not null && IsShareable(options);
        lock (_lock)
        {
            if (isShared && mayJoin && _shared.TryGetValue(peer!, out var running) && !running.Done.IsCompleted)
            {
                running.Join();
                running.Add(options.Addresses);
                return (running, false);
            }

            dial = new PeerDial(_context, this, peer, options);
            dial.Join();
            if (isShared)
                _shared[peer!] = dial;
        }

        IEnumerable<Multiaddress> addresses = options.Addresses;
        if (peer is not null && !options.OnlyTheseAddresses)
            addresses = addresses.Concat(_context.PeerStore.GetAddresses(peer)).Distinct();
        dial.Add(addresses);
        _ = RunAsync(dial);
        return (dial, true);
    }

    private void Leave(PeerDial dial)
    {
        bool isLast;
        lock (_lock)
            isLast = dial.Leave();
        if (isLast)
            dial.Abandon();
    }

    private async Task RunAsync(PeerDial dial)
    {
        await dial.RunAsync().ConfigureAwait(false);
        lock (_lock)
        {
            if (dial.Peer is { } peer && _shared.TryGetValue(peer, out var current) && current == dial)
                _shared.Remove(peer);
        }

        if (dial.Done.Exception?.InnerException is not DialException error)
            return;
        SwarmLog.DialFailed(_context.Log, dial.Peer, error.Message);
        if (_context.Events.HasSubscribers)
            _context.Events.Publish(new DialFailed(_context.Events.Now, dial.Peer, error));
    }

    private async ValueTask<PeerConnection> DialOnceAsync(
        ITransport transport,
        PeerId? peer,
        Multiaddress address,
        ConnectOptions options,
        bool reusePort,
        bool usesDescriptor,
        Func<bool> isTooLate,
        CancellationToken token)
    {
        if (!_context.Resources.TryOpenConnection(Direction.Outbound, usesDescriptor, address, out var scope, out var refusal) || scope is null)
            throw new ResourceLimitException(refusal);
        var outcome = "failed";
        var timeout = DialRanker.IsNear(address) && !address.IsCircuit() ? _context.Options.Dialing.PrivateAddressTimeout : _context.Options.Dialing.AddressTimeout;
        using var deadline = _context.Time.CreateDeadline(timeout, token);
        try
        {
            var dial = new TransportDial { ExpectedPeer = peer, Scope = scope, IsInitiator = options.IsInitiator, ReusePort = reusePort };
            var muxed = await transport.DialAsync(address, dial, deadline.Token).ConfigureAwait(false);
            if (isTooLate())
            {
                muxed.Abort();
                throw new OperationCanceledException(token);
            }

            var connection = _admitter.Admit(muxed, peer);
            outcome = "connected";
            return connection;
        }
        catch
        {
            scope.Dispose();
            throw;
        }
        finally
        {
            _context.Metrics.AttemptEnded(transport.Name, outcome);
        }
    }
}
