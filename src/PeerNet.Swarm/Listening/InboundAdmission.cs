using System.Net;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Core.Transports;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Events;

namespace PeerNet.Swarm.Listening;

/// <summary>Decides over connections that the operating system has accepted, before their first byte. Thread-safe.</summary>
internal sealed class InboundAdmission(SwarmContext context) : IInboundAdmission
{
    private readonly Lock _lock = new();
    private readonly AddressLimiter _limiter = new(context.Options.Listening.AddressLimits);

    public IConnectionScope? Admit(Multiaddress local, Multiaddress remote)
    {
        if (context.IsDraining)
            return Refuse(local, remote, "shutdown", null);
        if (!context.Gater.AllowAccept(local, remote))
            return Refuse(local, remote, "gated", null);

        // Through a relay the address is the relay's, and its connection is counted already.
        var address = !remote.IsCircuit() && remote.TryGetIPAddress(out var ip) ? ip : null;
        if (address is not null && !TryEnter(address))
            return Refuse(local, remote, "address-limit", null);
        var usesDescriptor = !remote.IsCircuit() && (remote.Contains(MultiaddressCodes.Tcp) || remote.Contains(MultiaddressCodes.Unix));
        if (context.Resources.TryOpenConnection(Direction.Inbound, usesDescriptor, remote, out var scope, out var refusal) && scope is not null)
            return new AdmittedScope(this, scope, address);
        if (address is not null)
            Leave(address);
        return Refuse(local, remote, "limit", new Core.Errors.ResourceLimitException(refusal));
    }

    public void UpgradeFailed(Multiaddress local, Multiaddress remote, Exception error) => Report(local, remote, "upgrade", error);

    /// <summary>Counts and tells of an inbound connection that came to nothing.</summary>
    public void Report(Multiaddress local, Multiaddress remote, string reason, Exception? error)
    {
        context.Metrics.InboundFailed(reason);
        SwarmLog.InboundFailed(context.Log, remote, error is null ? reason : $"{reason}: {error.Message}");
        if (context.Events.HasSubscribers)
            context.Events.Publish(new InboundFailed(context.Events.Now, local, remote, reason, error));
    }

    public void Collect()
    {
        lock (_lock)
            _limiter.Collect(context.Time.GetInstant());
    }

    private AdmittedScope? Refuse(Multiaddress local, Multiaddress remote, string reason, Exception? error)
    {
        Report(local, remote, reason, error);
        return null;
    }

    private bool TryEnter(IPAddress address)
    {
        lock (_lock)
            return _limiter.TryEnter(address, context.Time.GetInstant());
    }

    private void Leave(IPAddress address)
    {
        lock (_lock)
            _limiter.Leave(address);
    }

    /// <summary>A connection's scope that also gives back its address's place.</summary>
    private sealed class AdmittedScope(InboundAdmission owner, IConnectionScope scope, IPAddress? address) : IConnectionScope
    {
        private int _disposed;

        public bool TryReserveMemory(long bytes, out ResourceRefusal refusal) => scope.TryReserveMemory(bytes, out refusal);

        public void ReleaseMemory(long bytes) => scope.ReleaseMemory(bytes);

        public bool TrySetPeer(PeerId peer, out ResourceRefusal refusal) => scope.TrySetPeer(peer, out refusal);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            scope.Dispose();
            if (address is not null)
                owner.Leave(address);
        }
    }
}
