using System.Net;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

/// <summary>How inbound connections are admitted, and which of the node's addresses others are told.</summary>
public sealed record ListenOptions
{
    /// <summary>When not empty: the only addresses that others are told.</summary>
    public IReadOnlyList<Multiaddress> Announce { get; init; } = [];

    /// <summary>Addresses that others are told besides those found out.</summary>
    public IReadOnlyList<Multiaddress> AppendAnnounce { get; init; } = [];

    /// <summary>Networks whose addresses others are never told.</summary>
    public IReadOnlyList<IPNetwork> NoAnnounce { get; init; } = [];

    /// <summary>
    /// Observers, counted by IPv4 address or IPv6 /56, that must report the same external address before others are told it. Below four a
    /// single party can make the node advertise a victim's address.
    /// </summary>
    public int ObservedAddressThreshold { get; init; } = 4;

    /// <summary>Per-address limits of inbound connections. Connections from this machine itself are not counted.</summary>
    public AddressLimits AddressLimits { get; init; } = new();

    /// <summary>How often the network interfaces are looked at, besides the times when the system says that they changed.</summary>
    public TimeSpan InterfaceRefresh { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Inbound connections that one address, or one network, may have and may make. Implementation limits; the defaults are go-libp2p's.</summary>
public sealed record AddressLimits
{
    /// <summary>Limits nothing: for networks whose peers share one address.</summary>
    public static AddressLimits None { get; } = new()
    {
        PerIPv4 = int.MaxValue,
        PerIPv6Site = int.MaxValue,
        PerIPv6Provider = int.MaxValue,
        Rate = double.PositiveInfinity,
        ProviderRate = double.PositiveInfinity,
    };

    /// <summary>Connections of one IPv4 address.</summary>
    public int PerIPv4 { get; init; } = 8;

    /// <summary>Connections of one IPv6 /56, what one site gets.</summary>
    public int PerIPv6Site { get; init; } = 8;

    /// <summary>Connections of one IPv6 /48.</summary>
    public int PerIPv6Provider { get; init; } = 64;

    /// <summary>New connections a second of one IPv4 address or IPv6 /56.</summary>
    public double Rate { get; init; } = 0.2;

    /// <summary>New connections that <see cref="Rate"/> allows at once.</summary>
    public int Burst { get; init; } = 16;

    /// <summary>New connections a second of one IPv6 /48.</summary>
    public double ProviderRate { get; init; } = 0.5;

    /// <summary>New connections that <see cref="ProviderRate"/> allows at once.</summary>
    public int ProviderBurst { get; init; } = 80;
}
