using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Transports;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

/// <summary>The node's listeners, each with a loop that takes its connections. Thread-safe.</summary>
internal sealed class ListenerSet(SwarmContext context, OwnAddresses addresses, InboundAdmission admission, ConnectionAdmitter admitter)
{
    /// <summary>Implementation limit: pause after an accept that failed, such as for want of descriptors.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<Multiaddress, Listener> _listeners = [];

    /// <summary>Whether a TCP port is listened on, from which dials may go out.</summary>
    public bool HasTcp
    {
        get
        {
            lock (_lock)
                return _listeners.Keys.Any(address => address.Contains(MultiaddressCodes.Tcp) && !address.IsCircuit());
        }
    }

    /// <summary>Binds an address and begins to accept.</summary>
    /// <returns>The bound address, its port resolved.</returns>
    /// <exception cref="NotSupportedException">No transport listens on addresses of that shape.</exception>
    public async Task<Multiaddress> ListenAsync(Multiaddress address, CancellationToken token)
    {
        ObjectDisposedException.ThrowIf(context.IsDraining, typeof(SwarmHost));
        var transport = Array.Find(context.Transports, candidate => candidate.CanListen(address))
            ?? throw new NotSupportedException($"No transport listens on {address}.");
        var bound = await transport.ListenAsync(address, admission, token).ConfigureAwait(false);
        var listener = new Listener(bound);
        lock (_lock)
        {
            if (!context.IsDraining && _listeners.TryAdd(bound.Address, listener))
                listener.Loop = AcceptAsync(listener);
        }

        if (listener.Loop is null)
        {
            await bound.DisposeAsync().ConfigureAwait(false);
            throw new InvalidOperationException(context.IsDraining ? "The swarm has ended." : $"The node listens on {bound.Address} already.");
        }

        addresses.AddBound(bound.Address);
        SwarmLog.Listening(context.Log, bound.Address);
        return bound.Address;
    }

    /// <summary>Ends one listener; connections that came through it stay.</summary>
    /// <returns>False when there is none on that address.</returns>
    public async Task<bool> StopAsync(Multiaddress address)
    {
        Listener? listener;
        lock (_lock)
            _listeners.TryGetValue(address, out listener);
        if (listener is null)
            return false;
        await EndAsync(listener).ConfigureAwait(false);
        return true;
    }

    /// <summary>Ends all listeners.</summary>
    public async Task StopAllAsync()
    {
        List<Listener> all;
        lock (_lock)
            all = [.. _listeners.Values];
        foreach (var listener in all)
            await EndAsync(listener).ConfigureAwait(false);
    }

    private async Task EndAsync(Listener listener)
    {
        await listener.Ending.CancelAsync().ConfigureAwait(false);
        await listener.Inner.DisposeAsync().ConfigureAwait(false);
        await listener.Loop!.ConfigureAwait(false);
    }

    private async Task AcceptAsync(Listener listener)
    {
        // The caller holds a lock until this yields.
        await Task.Yield();
        var address = listener.Inner.Address;
        while (!listener.Ending.IsCancellationRequested)
        {
            try
            {
                if (await listener.Inner.AcceptAsync(listener.Ending.Token).ConfigureAwait(false) is not { } muxed)
                    break;
                Admit(muxed);
            }
            catch (OperationCanceledException) when (listener.Ending.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                SwarmLog.AcceptingFailed(context.Log, error, address);
                await Task.Delay(RetryPause, context.Time, listener.Ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        // A listener may end by itself, as one at a relay does when its reservation is lost.
        lock (_lock)
            _listeners.Remove(address);
        addresses.RemoveBound(address);
        await listener.Inner.DisposeAsync().ConfigureAwait(false);
        SwarmLog.ListeningEnded(context.Log, address);
    }

    private void Admit(MuxedConnection muxed)
    {
        try
        {
            admitter.Admit(muxed, expected: null);
        }
        catch (PeerNetException error)
        {
            var reason = error switch
            {
                DialException { Reason: DialFailure.Gated } => "gated",
                DialException { Reason: DialFailure.Self } => "self",
                DialException { Reason: DialFailure.ShuttingDown } => "shutdown",
                ResourceLimitException => "limit",
                _ => "upgrade",
            };
            admission.Report(muxed.Description.LocalAddress, muxed.Description.RemoteAddress, reason, error);
        }
    }

    private sealed class Listener(ITransportListener inner)
    {
        public ITransportListener Inner => inner;

        public CancellationTokenSource Ending { get; } = new();

        public Task? Loop { get; set; }
    }
}
