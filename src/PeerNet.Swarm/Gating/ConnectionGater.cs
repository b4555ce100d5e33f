using System.Net;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Gating;

/// <summary>
/// Refuses connections by lists of peers and networks, and by gates that the application adds. Rules and gates may change at any time;
/// connections that are open stay. Thread-safe; asking takes no lock.
/// </summary>
public sealed class ConnectionGater : IConnectionGate
{
    private readonly Lock _lock = new();
    private readonly IGaterStore? _store;
    private volatile GaterRules _rules;
    private IConnectionGate[] _gates = [];

    /// <summary>Creates a gater with the rules of a store, or with none.</summary>
    public ConnectionGater(IGaterStore? store = null)
    {
        _store = store;
        _rules = store?.Load() ?? GaterRules.Empty;
    }

    /// <summary>The rules in force.</summary>
    public GaterRules Rules => _rules;

    /// <summary>Adds a gate; disposing what is returned takes it away.</summary>
    public IDisposable Add(IConnectionGate gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        lock (_lock)
            Volatile.Write(ref _gates, [.. _gates, gate]);
        return new Registration(this, gate);
    }

    /// <summary>Refuses a peer from now on.</summary>
    public void Deny(PeerId peer) => Change(rules => rules with { DeniedPeers = rules.DeniedPeers.Add(peer) });

    /// <summary>Refuses a network from now on.</summary>
    public void Deny(IPNetwork network) => Change(rules => rules with { DeniedNetworks = rules.DeniedNetworks.Add(network) });

    /// <summary>Refuses an address from now on.</summary>
    public void Deny(IPAddress address) => Deny(Single(address));

    /// <summary>Takes a peer from the deny list.</summary>
    public void RemoveDenied(PeerId peer) => Change(rules => rules with { DeniedPeers = rules.DeniedPeers.Remove(peer) });

    /// <summary>Takes a network from the deny list.</summary>
    public void RemoveDenied(IPNetwork network) => Change(rules => rules with { DeniedNetworks = rules.DeniedNetworks.Remove(network) });

    /// <summary>Takes an address from the deny list.</summary>
    public void RemoveDenied(IPAddress address) => RemoveDenied(Single(address));

    /// <summary>Puts a peer on the allow list; from then on only listed peers are allowed.</summary>
    public void Allow(PeerId peer) => Change(rules => rules with { AllowedPeers = rules.AllowedPeers.Add(peer) });

    /// <summary>Puts a network on the allow list; from then on only listed networks are allowed.</summary>
    public void Allow(IPNetwork network) => Change(rules => rules with { AllowedNetworks = rules.AllowedNetworks.Add(network) });

    /// <summary>Takes a peer from the allow list.</summary>
    public void RemoveAllowed(PeerId peer) => Change(rules => rules with { AllowedPeers = rules.AllowedPeers.Remove(peer) });

    /// <summary>Takes a network from the allow list.</summary>
    public void RemoveAllowed(IPNetwork network) => Change(rules => rules with { AllowedNetworks = rules.AllowedNetworks.Remove(network) });

    /// <inheritdoc />
    public bool AllowDial(PeerId peer)
    {
        if (!_rules.Allows(peer))
            return false;
        foreach (var gate in Volatile.Read(ref _gates))
        {
            if (!gate.AllowDial(peer))
                return false;
        }

        return true;
    }

    /// <inheritdoc />
    public bool AllowDial(PeerId? peer, Multiaddress address)
    {
        if (!AllowsAddress(peer, address))
            return false;
        foreach (var gate in Volatile.Read(ref _gates))
        {
            if (!gate.AllowDial(peer, address))
                return false;
        }

        return true;
    }

    /// <inheritdoc />
    /// <remarks>While the peer is unknown, an address that is merely not on the allow list passes if there are allowed peers.</remarks>
    public bool AllowAccept(Multiaddress local, Multiaddress remote)
    {
        var rules = _rules;
        if (remote.TryGetIPAddress(out var ip))
        {
            ip = ip.Unmap();
            if (rules.AllowedPeers.IsEmpty ? !rules.Allows(ip) : rules.IsDenied(ip))
                return false;
        }

        foreach (var gate in Volatile.Read(ref _gates))
        {
            if (!gate.AllowAccept(local, remote))
                return false;
        }

        return true;
    }

    /// <inheritdoc />
    public bool AllowSecured(Direction direction, PeerId peer, Multiaddress remote)
    {
        if (!AllowsAddress(peer, remote))
            return false;
        foreach (var gate in Volatile.Read(ref _gates))
        {
            if (!gate.AllowSecured(direction, peer, remote))
                return false;
        }

        return true;
    }

    /// <inheritdoc />
    public bool AllowUpgraded(ConnectionDescription connection)
    {
        foreach (var gate in Volatile.Read(ref _gates))
        {
            if (!gate.AllowUpgraded(connection))
                return false;
        }

        return true;
    }

    private static IPNetwork Single(IPAddress address)
    {
        var ip = address.Unmap();
        return new IPNetwork(ip, ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128);
    }

    // Through a relay the address is the relay's: it says nothing about where the peer is.
    private bool AllowsAddress(PeerId? peer, Multiaddress address)
    {
        var rules = _rules;
        if (address.IsCircuit() || !address.TryGetIPAddress(out var ip))
            return peer is null || rules.Allows(peer);
        return peer is null ? rules.Allows(ip.Unmap()) : rules.Allows(peer, ip.Unmap());
    }

    private void Change(Func<GaterRules, GaterRules> change)
    {
        lock (_lock)
        {
            var changed = change(_rules);
            if (changed.DeniedPeers.Count > GaterRules.MaxEntries || changed.DeniedNetworks.Count > GaterRules.MaxEntries
                || changed.AllowedPeers.Count > GaterRules.MaxEntries || changed.AllowedNetworks.Count > GaterRules.MaxEntries)
            {
                throw new InvalidOperationException($"A list of the connection gater holds at most {GaterRules.MaxEntries} entries.");
            }

            _store?.Save(changed);
            _rules = changed;
        }
    }

    private sealed class Registration(ConnectionGater owner, IConnectionGate gate) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            lock (owner._lock)
            {
                var gates = owner._gates.ToList();
                gates.Remove(gate);
                Volatile.Write(ref owner._gates, [.. gates]);
            }
        }
    }
}
