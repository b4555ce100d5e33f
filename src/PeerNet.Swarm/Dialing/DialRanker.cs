using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>An address to dial, and how long to wait before.</summary>
/// <param name="Address">The address.</param>
/// <param name="Delay">From the start of the dial.</param>
/// <param name="WorkedBefore">Whether the last dial of this address succeeded.</param>
internal readonly record struct RankedAddress(Multiaddress Address, TimeSpan Delay, bool WorkedBefore = false);

/// <summary>
/// Orders a peer's addresses by go-libp2p's rules, so that one or two attempts do where all would do: what answers fastest and costs least
/// goes first, the rest follows in steps and only when the first is slow. Pure.
/// </summary>
/// <remarks>
/// Private, public and relay addresses are three groups; the first two run side by side, relays wait for them. Within a group QUIC comes
/// before TCP and IPv6 before IPv4, after happy eyeballs (RFC 8305): the best of each family one step apart, the others a step later.
/// An address that worked last time goes before everything.
/// </remarks>
internal static class DialRanker
{
    /// <summary>Implementation limit, go's: the step for public addresses.</summary>
    public static readonly TimeSpan PublicStep = TimeSpan.FromMilliseconds(250);

    /// <summary>Implementation limit, go's: the step for private addresses, where an answer takes less than that.</summary>
    public static readonly TimeSpan PrivateStep = TimeSpan.FromMilliseconds(30);

    /// <summary>Implementation limit, go's: what a relay waits for direct addresses.</summary>
    public static readonly TimeSpan RelayDelay = TimeSpan.FromMilliseconds(500);

    /// <summary>Implementation limit, go's: what transports that are neither QUIC nor TCP wait for those that are, when public.</summary>
    public static readonly TimeSpan PublicOtherDelay = TimeSpan.FromSeconds(1);

    /// <summary>The same for private ones.</summary>
    public static readonly TimeSpan PrivateOtherDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>Ranks addresses; the result is in the order of their delays.</summary>
    /// <param name="addresses">Addresses without names and without duplicates.</param>
    /// <param name="workedBefore">Whether the last dial of an address succeeded.</param>
    public static List<RankedAddress> Rank(IReadOnlyList<Multiaddress> addresses, Func<Multiaddress, bool> workedBefore)
    {
        var proven = new List<RankedAddress>();
        var isPrivate = new List<Multiaddress>();
        var isPublic = new List<Multiaddress>();
        var relayed = new List<Multiaddress>();
        foreach (var address in addresses)
        {
            if (address.IsCircuit())
                relayed.Add(address);
            else if (workedBefore(address))
                proven.Add(new RankedAddress(address, TimeSpan.Zero, WorkedBefore: true));
            else if (IsNear(address))
                isPrivate.Add(address);
            else
                isPublic.Add(address);
        }

        // What worked gets a head start of one step over what is untried.
        var start = proven.Count > 0 ? PublicStep : TimeSpan.Zero;
        var ranked = proven;
        RankGroup(isPrivate, start, PrivateStep, PrivateOtherDelay, ranked);
        RankGroup(isPublic, start, PublicStep, PublicOtherDelay, ranked);
        RankGroup(relayed, ranked.Count > 0 ? start + RelayDelay : TimeSpan.Zero, PublicStep, PublicOtherDelay, ranked);

        // A stable sort: of addresses due together those of the nearer group stay in front.
        return [.. ranked.OrderBy(address => address.Delay)];
    }

    /// <summary>Whether an address is on this machine or this network.</summary>
    public static bool IsNear(Multiaddress address)
        => address.GetScope() is AddressScope.None or AddressScope.Loopback or AddressScope.LinkLocal or AddressScope.Private or AddressScope.Shared;

    private static void RankGroup(List<Multiaddress> addresses, TimeSpan start, TimeSpan step, TimeSpan otherDelay, List<RankedAddress> ranked)
    {
        var quic = new List<Multiaddress>();
        var tcp = new List<Multiaddress>();
        var others = new List<Multiaddress>();
        foreach (var address in addresses)
            (KindOf(address) switch { Kind.Quic => quic, Kind.Tcp => tcp, _ => others }).Add(address);

        var end = start;
        if (quic.Count > 0)
            end = RankFamilies(quic, start, step, ranked) + step;
        if (tcp.Count > 0)
            end = RankFamilies(tcp, end, step, ranked) + step;
        var othersStart = quic.Count + tcp.Count > 0 ? end - step + otherDelay : start;
        foreach (var address in others)
            ranked.Add(new RankedAddress(address, othersStart));
    }

    /// <summary>The best of IPv6 first, the best of IPv4 a step later, the others a step after that.</summary>
    /// <returns>When the last of them is due.</returns>
    private static TimeSpan RankFamilies(List<Multiaddress> addresses, TimeSpan start, TimeSpan step, List<RankedAddress> ranked)
    {
        var ordered = addresses.OrderBy(SecondChoice).ThenBy(PortOf).ToList();
        var delay = start;
        if (Take(ordered, wantsIp6: true) is { } first)
        {
            ranked.Add(new RankedAddress(first, delay));
            if (Take(ordered, wantsIp6: false) is { } second)
            {
                delay += step;
                ranked.Add(new RankedAddress(second, delay));
            }
        }
        else
        {
            ranked.Add(new RankedAddress(ordered[0], delay));
            ordered.RemoveAt(0);
        }

        if (ordered.Count == 0)
            return delay;
        delay += step;
        foreach (var address in ordered)
            ranked.Add(new RankedAddress(address, delay));
        return delay;
    }

    private static Multiaddress? Take(List<Multiaddress> addresses, bool wantsIp6)
    {
        for (var i = 0; i < addresses.Count; i++)
        {
            if (IsIp6(addresses[i]) != wantsIp6)
                continue;
            var address = addresses[i];
            addresses.RemoveAt(i);
            return address;
        }

        return null;
    }

    private static bool IsIp6(Multiaddress address) => address.TryGetIPAddress(out var ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    // WebTransport runs on QUIC and does more; WebSocket runs on TCP and does more.
    private static int SecondChoice(Multiaddress address)
        => address.GetTransport() is MultiaddressTransport.WebTransport or MultiaddressTransport.WebSocket or MultiaddressTransport.SecureWebSocket ? 1 : 0;

    private static int PortOf(Multiaddress address) => address.TryGetPort(out var port) ? port : 0;

    private static Kind KindOf(Multiaddress address)
    {
        // Through a relay it is the way to the relay that counts.
        if (address.IsCircuit())
            return address.Contains(MultiaddressCodes.QuicV1) ? Kind.Quic : address.Contains(MultiaddressCodes.Tcp) ? Kind.Tcp : Kind.Other;
        return address.GetTransport() switch
        {
            MultiaddressTransport.QuicV1 or MultiaddressTransport.WebTransport => Kind.Quic,
            MultiaddressTransport.Tcp or MultiaddressTransport.WebSocket or MultiaddressTransport.SecureWebSocket => Kind.Tcp,
            _ => Kind.Other,
        };
    }

    private enum Kind
    {
        Quic,
        Tcp,
        Other,
    }
}
