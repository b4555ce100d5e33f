using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm.Listening;

namespace PeerNet.Protocols.Kad;

/// <summary>Which addresses count in a table of a scope. Pure.</summary>
internal sealed class AddressPolicy(KadScope scope)
{
    // Implementation limit: what is told of one peer; the Rust implementation reads short messages only.
    private const int MaxTold = 10;

    /// <summary>Whether a peer that is connected at an address may have a place in the table.</summary>
    public bool MayJoin(Multiaddress remote) => scope switch
    {
        KadScope.Wan => IsPublicAndDirect(remote),
        KadScope.Lan => !remote.IsCircuit() && !remote.IsPublic(),
        _ => !remote.IsCircuit(),
    };

    /// <summary>Whether a peer of which only these addresses are known may be asked.</summary>
    public bool MayAsk(IReadOnlyList<Multiaddress> addresses)
        => scope == KadScope.Wan ? addresses.Any(IsPublicAndDirect) : addresses.Count > 0;

    /// <summary>Of the addresses that a peer at <paramref name="toldBy"/> told of <paramref name="peer"/>, those that can be meant, without the peer's id at their end.</summary>
    public IReadOnlyList<Multiaddress> Believable(Multiaddress toldBy, PeerId peer, IReadOnlyList<Multiaddress> told)
    {
        if (told.Count == 0)
            return told;
        var bare = new List<Multiaddress>(told.Count);
        foreach (var address in told)
        {
            if (Bare(address, peer) is { } known)
                bare.Add(known);
        }

        return scope == KadScope.Wan ? bare.FindAll(address => address.IsPublic()) : AddressRules.BelievableFrom(toldBy, bare);
    }

    /// <summary>Of a peer's addresses, those that a peer at <paramref name="remote"/> may be told.</summary>
    public IReadOnlyList<Multiaddress> Telling(Multiaddress remote, IEnumerable<Multiaddress> addresses)
    {
        var few = addresses.Take(KadProtocol.MaxAddressesPerPeer).ToList();
        var told = AddressRules.ForPeerAt(remote, few);
        return [.. (scope == KadScope.Wan ? told.Where(address => address.IsPublic()) : told).Take(MaxTold)];
    }

    private static bool IsPublicAndDirect(Multiaddress address) => address.IsPublic() && !address.IsCircuit();

    private static Multiaddress? Bare(Multiaddress address, PeerId peer)
    {
        if (!address.TryGetPeerId(out var named))
            return address;
        if (named != peer || address.Count == 1)
            return null;
        return address.WithoutPeerId();
    }
}
