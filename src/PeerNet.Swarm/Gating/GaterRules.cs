using System.Collections.Immutable;
using System.Net;
using PeerNet.Identity;

namespace PeerNet.Swarm.Gating;

/// <summary>
/// Which peers and networks are refused. A denied peer or network is refused. When anything is on an allow list, peers and addresses must
/// match one of that kind; an allowed peer may come from a network that is not listed, but not from a denied one.
/// </summary>
public sealed record GaterRules
{
    /// <summary>Implementation limit: entries of one list, so that a file cannot fill the memory.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>Rules that refuse nothing.</summary>
    public static GaterRules Empty { get; } = new();

    /// <summary>Peers refused.</summary>
    public ImmutableHashSet<PeerId> DeniedPeers { get; init; } = [];

    /// <summary>Networks refused; a single address is a network of full length.</summary>
    public ImmutableHashSet<IPNetwork> DeniedNetworks { get; init; } = [];

    /// <summary>When not empty: the only peers allowed.</summary>
    public ImmutableHashSet<PeerId> AllowedPeers { get; init; } = [];

    /// <summary>When not empty: the only networks allowed.</summary>
    public ImmutableHashSet<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>Whether a peer may connect, wherever it is.</summary>
    public bool Allows(PeerId peer) => !DeniedPeers.Contains(peer) && (AllowedPeers.IsEmpty || AllowedPeers.Contains(peer));

    /// <summary>Whether anybody may connect from or to an address.</summary>
    public bool Allows(IPAddress address) => !IsDenied(address) && (AllowedNetworks.IsEmpty || Contains(AllowedNetworks, address));

    /// <summary>Whether a peer may connect from or to an address.</summary>
    public bool Allows(PeerId peer, IPAddress address)
        => Allows(peer) && !IsDenied(address) && (AllowedNetworks.IsEmpty || AllowedPeers.Contains(peer) || Contains(AllowedNetworks, address));

    /// <summary>Whether an address is in a denied network.</summary>
    public bool IsDenied(IPAddress address) => Contains(DeniedNetworks, address);

    private static bool Contains(ImmutableHashSet<IPNetwork> networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
                return true;
        }

        return false;
    }
}
