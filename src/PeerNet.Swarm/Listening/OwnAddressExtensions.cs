using PeerNet.Identity;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

internal static class OwnAddressExtensions
{
    /// <summary>The address without this peer's id at its end; another peer's stays.</summary>
    public static Multiaddress WithoutPeer(this Multiaddress address, PeerId peer)
        => address.TryGetPeerId(out var named) && named == peer ? address.WithoutPeerId() : address;
}
