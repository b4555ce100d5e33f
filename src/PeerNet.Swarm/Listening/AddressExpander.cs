using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

/// <summary>Turns a bound address that means "every interface" into one address for each interface. Pure.</summary>
internal static class AddressExpander
{
    public static IEnumerable<Multiaddress> Expand(Multiaddress bound, IReadOnlyList<IPAddress> interfaces)
    {
        if (bound.IsCircuit() || !bound.TryGetIPAddress(out var ip) || bound.GetScope() != AddressScope.Unspecified)
            return [bound];
        return interfaces
            .Where(candidate => candidate.AddressFamily == ip.AddressFamily && !candidate.Equals(IPAddress.Any) && !candidate.Equals(IPAddress.IPv6Any))
            .Select(candidate => WithAddress(bound, candidate))
            .Distinct();
    }

    /// <summary>The address with its leading IP address replaced.</summary>
    public static Multiaddress WithAddress(Multiaddress address, IPAddress ip)
    {
        var components = new List<MultiaddressComponent>(address.Count + 1);
        var rest = address.Components[0].Code == MultiaddressCodes.Ip6Zone ? 2 : 1;
        if (ip.AddressFamily == AddressFamily.InterNetwork)
        {
            components.Add(new MultiaddressComponent(MultiaddressCodes.Ip4, ip.GetAddressBytes()));
        }
        else
        {
            if (ip.ScopeId != 0)
                components.Add(new MultiaddressComponent(MultiaddressCodes.Ip6Zone, System.Text.Encoding.ASCII.GetBytes(ip.ScopeId.ToString(CultureInfo.InvariantCulture))));
            components.Add(new MultiaddressComponent(MultiaddressCodes.Ip6, ip.GetAddressBytes()));
        }

        components.AddRange(address.Components.AsSpan()[rest..]);
        return Multiaddress.Create([.. components]);
    }

    /// <summary>The address with its leading IP address and its port replaced by those of another.</summary>
    public static Multiaddress WithEndPoint(Multiaddress address, IPAddress ip, int port)
    {
        var components = WithAddress(address, ip).Components.ToArray();
        for (var i = 0; i < components.Length; i++)
        {
            if (components[i].Code is MultiaddressCodes.Tcp or MultiaddressCodes.Udp)
            {
                components[i] = components[i] with { Value = new byte[] { (byte)(port >> 8), (byte)port } };
                break;
            }
        }

        return Multiaddress.Create(components);
    }
}
