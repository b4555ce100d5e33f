using System.Buffers.Binary;
using System.Net;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Kad.Table;

/// <summary>
/// The part of the Internet that an address belongs to, as far as one owner reaches: an IPv4 /16, or /8 for the legacy blocks that one
/// organisation holds; an IPv6 /32. Whoever has many addresses usually has them in few groups. Addresses that are not public have no
/// group: on a local network all peers are neighbours.
/// </summary>
/// <param name="Value">The masked address.</param>
/// <param name="IsIPv6">Which family.</param>
public readonly record struct IpGroup(uint Value, bool IsIPv6)
{
    /// <summary>Groups looked at of one peer: a host has a handful of networks.</summary>
    internal const int MaxPerPeer = 8;

    // Blocks of /8 in one hand, as go-libp2p-kbucket lists them.
    private static ReadOnlySpan<byte> LegacyBlocks => [12, 17, 19, 38, 48, 53, 56, 73];

    /// <summary>The group of an address; null when it is not public, or has no IP address.</summary>
    public static IpGroup? Of(Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.TryGetIPAddress(out var ip) ? Of(ip) : null;
    }

    /// <summary>The group of an IP address; null when it is not public.</summary>
    public static IpGroup? Of(IPAddress ip)
    {
        ArgumentNullException.ThrowIfNull(ip);
        if (ip.GetScope() != AddressScope.Public)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        _ = ip.Unmap().TryWriteBytes(bytes, out var length);
        if (length != 4)
            return new IpGroup(BinaryPrimitives.ReadUInt32BigEndian(bytes), true);
        return LegacyBlocks.Contains(bytes[0])
            ? new IpGroup((uint)bytes[0] << 24, false)
            : new IpGroup(BinaryPrimitives.ReadUInt32BigEndian(bytes) & 0xffff0000, false);
    }

    /// <summary>The distinct groups of a peer's addresses, at most a few.</summary>
    public static IpGroup[] Of(IReadOnlyList<Multiaddress> addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        Span<IpGroup> groups = stackalloc IpGroup[MaxPerPeer];
        var count = 0;
        for (var i = 0; i < addresses.Count && count < groups.Length; i++)
        {
            if (Of(addresses[i]) is { } group && !groups[..count].Contains(group))
                groups[count++] = group;
        }

        return count == 0 ? [] : groups[..count].ToArray();
    }
}
