using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad.Table;

namespace PeerNet.Protocols.Kad.Lookups;

/// <summary>Cuts an answer to what a lookup may believe of it. Pure.</summary>
internal static class AnswerFilter
{
    // As go on the public network.
    private const int MaxPeersPerGroup = 3;

    /// <summary>
    /// The peers of an answer that may be asked: neither this node nor the answerer, each once, with addresses that can be meant. When more
    /// than a few are of one part of the Internet, all of those are left out.
    /// </summary>
    /// <param name="peers">The peers of the answer, cut to size already.</param>
    /// <param name="local">This node.</param>
    /// <param name="answerer">Who answered.</param>
    /// <param name="answererAddress">Where the answerer is.</param>
    /// <param name="policy">Which addresses count.</param>
    /// <param name="areGroupsLimited">Whether parts of the Internet count.</param>
    public static List<KadPeer> Closer(
        IReadOnlyList<KadPeer> peers,
        PeerId local,
        PeerId answerer,
        Multiaddress answererAddress,
        AddressPolicy policy,
        bool areGroupsLimited)
    {
        var kept = new List<KadPeer>(peers.Count);
        foreach (var peer in peers)
        {
            if (peer.Id == local || peer.Id == answerer || kept.Exists(other => other.Id == peer.Id))
                continue;
            var addresses = policy.Believable(answererAddress, peer.Id, peer.Addresses);
            kept.Add(ReferenceEquals(addresses, peer.Addresses) ? peer : peer with { Addresses = addresses });
        }

        return areGroupsLimited ? WithoutCrowds(kept) : kept;
    }

    private static List<KadPeer> WithoutCrowds(List<KadPeer> peers)
    {
        var counts = new Dictionary<IpGroup, int>();
        var groups = peers.ConvertAll(peer => IpGroup.Of(peer.Addresses));
        foreach (var group in groups.SelectMany(group => group))
            counts[group] = counts.GetValueOrDefault(group) + 1;
        if (counts.Count == 0 || counts.Values.Max() <= MaxPeersPerGroup)
            return peers;
        return [.. peers.Where((_, i) => groups[i].All(group => counts[group] <= MaxPeersPerGroup))];
    }
}
