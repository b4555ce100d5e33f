using System.Net;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

/// <summary>Which addresses may be told to whom, and which may be believed from whom. Pure.</summary>
public static class AddressRules
{
    /// <summary>
    /// Of this node's addresses, those that are of use to a peer at <paramref name="remote"/>: a peer on the Internet is not told of addresses
    /// of this machine or this network, a peer on this network not of those of this machine. Link-local addresses are never told.
    /// </summary>
    public static IReadOnlyList<Multiaddress> ForPeerAt(Multiaddress remote, IReadOnlyList<Multiaddress> own) => Keep(remote, own);

    /// <summary>
    /// Of the addresses that a peer at <paramref name="remote"/> told, those that can be meant: a peer on the Internet has no address on this
    /// machine or this network, and one that claims it would have this node dial its neighbours.
    /// </summary>
    public static IReadOnlyList<Multiaddress> BelievableFrom(Multiaddress remote, IReadOnlyList<Multiaddress> told) => Keep(remote, told);

    private static List<Multiaddress> Keep(Multiaddress remote, IReadOnlyList<Multiaddress> addresses)
    {
        var from = remote.IsCircuit() ? AddressScope.Public : remote.GetScope();
        var kept = new List<Multiaddress>(addresses.Count);
        foreach (var address in addresses)
        {
            var keep = address.GetScope() switch
            {
                AddressScope.Unspecified or AddressScope.Multicast or AddressScope.LinkLocal => false,
                AddressScope.Loopback => from is AddressScope.Loopback or AddressScope.None,
                AddressScope.Private or AddressScope.Shared => from is not (AddressScope.Public or AddressScope.Documentation or AddressScope.Reserved),
                AddressScope.None => address.IsCircuit() || from is AddressScope.Loopback or AddressScope.None,
                _ => true,
            };
            if (keep && !kept.Contains(address))
                kept.Add(address);
        }

        return kept;
    }

    /// <summary>Whether an address may be advertised at all: it names a host that others can reach, outside the networks given.</summary>
    internal static bool MayAdvertise(Multiaddress address, IReadOnlyList<IPNetwork> except)
    {
        if (address.GetScope() is AddressScope.Unspecified or AddressScope.Multicast or AddressScope.LinkLocal)
            return false;
        if (!address.TryGetIPAddress(out var ip))
            return true;
        ip = ip.Unmap();
        foreach (var network in except)
        {
            if (network.BaseAddress.AddressFamily == ip.AddressFamily && network.Contains(ip))
                return false;
        }

        return true;
    }
}
