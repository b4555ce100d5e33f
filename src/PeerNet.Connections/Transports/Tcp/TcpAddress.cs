using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>Between multiaddresses and what sockets take.</summary>
internal static class TcpAddress
{
    /// <summary>The end point that an address begins with, its zone resolved.</summary>
    /// <exception cref="SocketException">The address is no IP address with a port, or names an interface that this machine does not have.</exception>
    public static IPEndPoint ToEndPoint(Multiaddress address)
    {
        if (!address.TryGetIPEndPoint(out var endPoint))
            throw new SocketException((int)SocketError.AddressNotAvailable, $"{address} does not begin with an IP address and a port.");
        if (address.TryGetZone(out var zone) && !uint.TryParse(zone, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            endPoint.Address = new IPAddress(endPoint.Address.GetAddressBytes(), InterfaceIndex(zone));
        return endPoint;
    }

    /// <summary>The address of a socket's end, with an interface by its name.</summary>
    public static Multiaddress FromEndPoint(IPEndPoint endPoint)
    {
        var address = Multiaddress.FromIPEndPoint(endPoint, ProtocolType.Tcp);
        if (!address.TryGetZone(out _) || InterfaceName(endPoint.Address.ScopeId) is not { } name)
            return address;
        return Multiaddress.Parse($"/ip6zone/{name}").Encapsulate(address.Slice(1, address.Count - 1)!);
    }

    private static long InterfaceIndex(string name)
    {
        foreach (var candidate in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (candidate.Name == name && IndexOf(candidate) is { } index)
                return index;
        }

        throw new SocketException((int)SocketError.AddressNotAvailable, $"This machine has no interface \"{name}\" with IPv6.");
    }

    private static string? InterfaceName(long index)
    {
        foreach (var candidate in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (IndexOf(candidate) == index)
                return candidate.Name;
        }

        return null;
    }

    private static long? IndexOf(NetworkInterface candidate)
        => candidate.Supports(NetworkInterfaceComponent.IPv6) ? candidate.GetIPProperties().GetIPv6Properties()?.Index : null;
}
