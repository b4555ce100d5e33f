using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Kad;

/// <summary>What a peer says about its connection to another. Nothing is decided by it.</summary>
public enum KadConnection
{
    /// <summary>Not connected, or not said.</summary>
    NotConnected = 0,

    /// <summary>Connected now.</summary>
    Connected = 1,

    /// <summary>Was connected a while ago.</summary>
    CanConnect = 2,

    /// <summary>Could not be reached.</summary>
    CannotConnect = 3,
}

/// <summary>A peer as answers name it.</summary>
/// <param name="Id">The peer.</param>
/// <param name="Addresses">Its addresses, unverified; without <c>/p2p</c> of its own where the sender follows the rules.</param>
/// <param name="Connection">The sender's connection to it.</param>
public sealed record KadPeer(PeerId Id, IReadOnlyList<Multiaddress> Addresses, KadConnection Connection = KadConnection.NotConnected);
