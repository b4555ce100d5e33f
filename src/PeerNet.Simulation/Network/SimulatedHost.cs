using System.Net;
using PeerNet.Multiformats;
using PeerNet.Swarm.Listening;

namespace PeerNet.Simulation.Network;

/// <summary>How a host takes connections.</summary>
public enum HostState
{
    /// <summary>It works.</summary>
    Up,

    /// <summary>Its machine runs, its program does not: dials are refused.</summary>
    Refusing,

    /// <summary>It is gone: nothing is answered.</summary>
    Silent,
}

/// <summary>One machine of the network, with one address.</summary>
public sealed class SimulatedHost : INetworkInterfaces
{
    internal SimulatedHost(int index, IPAddress ip, HostPlace place)
    {
        Index = index;
        IP = ip;
        Place = place;
        Address = Multiaddress.Parse($"/ip4/{ip}/tcp/4001");
    }

    /// <inheritdoc />
    /// <remarks>A host keeps its address for life: there is never anything to tell.</remarks>
    public event EventHandler? Changed
    {
        add { }
        remove { }
    }

    /// <summary>Its number in the network.</summary>
    public int Index { get; }

    /// <summary>Its address.</summary>
    public IPAddress IP { get; }

    /// <summary>Where it is.</summary>
    public HostPlace Place { get; }

    /// <summary>Where its node listens.</summary>
    public Multiaddress Address { get; }

    /// <summary>How it takes connections.</summary>
    public HostState State { get; internal set; }

    internal SimulatedListener? Listener { get; set; }

    internal HashSet<SimulatedConnection> Connections { get; } = [];

    /// <inheritdoc />
    public IReadOnlyList<IPAddress> GetAddresses() => [IP];
}
