using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Events;
using PeerNet.Swarm.Listening;

namespace PeerNet.Swarm;

// What protocols tell the swarm, and through it the rest of the node.
public sealed partial class SwarmHost
{
    /// <summary>What peers report as this node's external addresses, the latest first, whether enough of them agree or not.</summary>
    public IReadOnlyList<ObservedAddress> ObservedAddresses => _addresses.Observed;

    /// <summary>External addresses that were confirmed from outside.</summary>
    public IReadOnlyList<Multiaddress> ExternalAddresses => _addresses.Confirmed;

    /// <summary>
    /// A peer told what it is. To be called when the peer store has been updated; raises <see cref="PeerIdentified"/>, counts the observed
    /// address and lets <see cref="PeerConnection.Identified"/> complete.
    /// </summary>
    public void ReportIdentified(PeerConnection connection, PeerIdentity identity, bool isPush = false)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(identity);
        if (identity.ObservedAddress is { } observed)
            _addresses.Report(connection, observed);
        connection.OnIdentified();
        if (_context.Events.HasSubscribers)
            _context.Events.Publish(new PeerIdentified(_context.Events.Now, connection, identity, isPush));
    }

    /// <summary>
    /// A peer reported this node's address over a connection. One report does not make an address: see
    /// <see cref="ListenOptions.ObservedAddressThreshold"/>. What comes over a relay is not counted.
    /// </summary>
    public void ReportObservedAddress(PeerConnection connection, Multiaddress observed)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentNullException.ThrowIfNull(observed);
        _addresses.Report(connection, observed);
    }

    /// <summary>An external address was shown to be reachable, by AutoNAT or because the router mapped it; others are told it from now on.</summary>
    public void ConfirmExternalAddress(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _addresses.Confirm(address);
    }

    /// <summary>An external address is reachable no longer.</summary>
    public void RemoveExternalAddress(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _addresses.Unconfirm(address);
    }

    /// <summary>A peer broke a protocol: counted, logged and told to whoever judges peers.</summary>
    public void ReportMisbehaviour(PeerId peer, Misbehaviour misbehaviour)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(misbehaviour);
        _context.Metrics.Misbehaved(misbehaviour.Protocol, misbehaviour.Kind);
        SwarmLog.Misbehaved(_context.Log, peer, misbehaviour.Protocol, misbehaviour.Kind, misbehaviour.Detail);
        if (_context.Events.HasSubscribers)
            _context.Events.Publish(new MisbehaviourReported(_context.Events.Now, peer, misbehaviour));
    }
}
