using System.Net;
using System.Net.Sockets;

namespace PeerNet.Multiformats;

/// <summary>Classifies addresses by the IANA special-purpose registries.</summary>
public static class MultiaddressScope
{
    private static readonly string[] LocalNames = ["local", "internal", "home.arpa", "lan", "intranet", "corp", "home"];
    private static readonly string[] DocumentationNames = ["example", "example.com", "example.net", "example.org"];
    private static readonly string[] UnresolvableNames = ["invalid", "test", "onion", "alt"];

    /// <summary>
    /// Scope of the IP address or host name the address begins with; with a circuit, of the relay. Names are judged by
    /// their special-use suffix alone (RFC 6761 and successors): check again after resolving.
    /// </summary>
    public static AddressScope GetScope(this Multiaddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.TryGetIPAddress(out var ip))
            return ip.GetScope();
        return address.IsDns() ? ScopeOfName(address.Components[0].ValueText) : AddressScope.None;
    }

    /// <summary>Whether other hosts on the Internet could reach the address.</summary>
    public static bool IsPublic(this Multiaddress address) => address.GetScope() == AddressScope.Public;

    /// <summary>
    /// Scope of an IP address. IPv4-mapped addresses count as IPv4, NAT64 (64:ff9b::/96) and 6to4 (2002::/16) as the
    /// IPv4 address inside.
    /// </summary>
    public static AddressScope GetScope(this IPAddress ip)
    {
        ArgumentNullException.ThrowIfNull(ip);
        Span<byte> bytes = stackalloc byte[16];
        _ = ip.Unmap().TryWriteBytes(bytes, out var length);
        return length == 4 ? ScopeOf4(bytes[..4]) : ScopeOf6(bytes);
    }

    /// <summary>The IPv4 address of an IPv4-mapped one, anything else unchanged.</summary>
    public static IPAddress Unmap(this IPAddress ip)
    {
        ArgumentNullException.ThrowIfNull(ip);
        return ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
    }

    /// <summary>Whether the address is in the well-known NAT64 prefix 64:ff9b::/96 (RFC 6052).</summary>
    public static bool IsNat64(this IPAddress ip)
    {
        ArgumentNullException.ThrowIfNull(ip);
        Span<byte> bytes = stackalloc byte[16];
        return ip.AddressFamily == AddressFamily.InterNetworkV6 && ip.TryWriteBytes(bytes, out _) && IsNat64(bytes);
    }

    private static bool IsNat64(ReadOnlySpan<byte> b)
        => b is [0x00, 0x64, 0xff, 0x9b, ..] && b[4..12].IndexOfAnyExcept((byte)0) < 0;

    private static AddressScope ScopeOf4(ReadOnlySpan<byte> b) => b switch
    {
        [0, 0, 0, 0] => AddressScope.Unspecified,
        [0, ..] => AddressScope.Reserved,
        [127, ..] => AddressScope.Loopback,
        [169, 254, ..] => AddressScope.LinkLocal,
        [10, ..] or [192, 168, ..] or [172, >= 16 and < 32, ..] => AddressScope.Private,
        [100, >= 64 and < 128, ..] => AddressScope.Shared,
        [192, 0, 2, _] or [198, 51, 100, _] or [203, 0, 113, _] => AddressScope.Documentation,
        [192, 0, 0, _] or [192, 88, 99, _] or [198, 18 or 19, ..] => AddressScope.Reserved,
        [>= 224 and < 240, ..] => AddressScope.Multicast,
        [>= 240, ..] => AddressScope.Reserved,
        _ => AddressScope.Public,
    };

    private static AddressScope ScopeOf6(ReadOnlySpan<byte> b)
    {
        if (b[..15].IndexOfAnyExcept((byte)0) < 0 && b[15] <= 1)
            return b[15] == 0 ? AddressScope.Unspecified : AddressScope.Loopback;
        if (IsNat64(b))
            return ScopeOf4(b[12..]);
        return b switch
        {
            [0x20, 0x02, ..] => ScopeOf4(b[2..6]),
            [0x00, 0x64, 0xff, 0x9b, 0x00, 0x01, ..] => AddressScope.Private,
            [0x20, 0x01, 0x0d, 0xb8, ..] or [0x3f, 0xff, < 0x10, ..] => AddressScope.Documentation,
            // 2001:2::/48 benchmarking, 2001:10::/28 and 2001:20::/28 identifiers that no router knows.
            [0x20, 0x01, 0x00, 0x02, 0x00, 0x00, ..] or [0x20, 0x01, 0x00, >= 0x10 and < 0x30, ..] => AddressScope.Reserved,
            [0xfe, >= 0x80 and < 0xc0, ..] => AddressScope.LinkLocal,
            [0xfe, >= 0xc0, ..] or [0xfc or 0xfd, ..] => AddressScope.Private,
            [0xff, ..] => AddressScope.Multicast,
            [>= 0x20 and < 0x40, ..] => AddressScope.Public,
            _ => AddressScope.Reserved,
        };
    }

    private static AddressScope ScopeOfName(string name)
    {
        var host = name.AsSpan().TrimEnd('.');
        if (IsUnder(host, "localhost"))
            return AddressScope.Loopback;
        if (IsUnderAny(host, LocalNames))
            return AddressScope.Private;
        if (IsUnderAny(host, DocumentationNames))
            return AddressScope.Documentation;
        return IsUnderAny(host, UnresolvableNames) ? AddressScope.Reserved : AddressScope.Public;
    }

    private static bool IsUnderAny(ReadOnlySpan<char> host, string[] suffixes)
    {
        foreach (var suffix in suffixes)
        {
            if (IsUnder(host, suffix))
                return true;
        }

        return false;
    }

    private static bool IsUnder(ReadOnlySpan<char> host, string suffix)
        => host.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
            && (host.Length == suffix.Length || host[^(suffix.Length + 1)] == '.');
}
