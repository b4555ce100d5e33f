using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Gating;

/// <summary>
/// A say in which connections there are. Each member is asked at one point of a connection's life and allows by default. Called from any
/// thread, often many at once; implementations answer at once and do not throw.
/// </summary>
public interface IConnectionGate
{
    /// <summary>Before a peer is dialled.</summary>
    bool AllowDial(PeerId peer) => true;

    /// <summary>Before one address of a peer is dialled, names resolved.</summary>
    bool AllowDial(PeerId? peer, Multiaddress address) => true;

    /// <summary>When the operating system has accepted a connection, before its first byte.</summary>
    bool AllowAccept(Multiaddress local, Multiaddress remote) => true;

    /// <summary>When the peer is authenticated.</summary>
    bool AllowSecured(Direction direction, PeerId peer, Multiaddress remote) => true;

    /// <summary>When the connection is multiplexed and about to be used. A refusal tells the peer that it was gated.</summary>
    bool AllowUpgraded(ConnectionDescription connection) => true;
}
