using System.Net;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Tcp;

/// <summary>
/// The end points this transport listens on, to dial from. A dial may leave from a listener of its own family whose scope reaches the target:
/// one on the loopback for the loopback, else one on every interface, else one on an address of the target's kind. Thread-safe.
/// </summary>
internal sealed class ListeningPorts
{
    private readonly Lock _lock = new();
    private readonly List<IPEndPoint> _endPoints = [];

    public void Add(IPEndPoint endPoint)
    {
        lock (_lock)
            _endPoints.Add(endPoint);
    }

    public void Remove(IPEndPoint endPoint)
    {
        lock (_lock)
            _endPoints.Remove(endPoint);
    }

    /// <summary>The end point to bind before dialling <paramref name="target"/>; null for one of the system's choice.</summary>
    public IPEndPoint? SourceFor(IPEndPoint target)
    {
        lock (_lock)
        {
            IPEndPoint? best = null;
            var bestFit = 0;
            foreach (var candidate in _endPoints)
            {
                var fit = Fit(candidate, target);
                if (fit > bestFit)
                    (best, bestFit) = (candidate, fit);
            }

            return best;
        }
    }

    private static int Fit(IPEndPoint listener, IPEndPoint target)
    {
        // From a port to itself a socket would connect to itself.
        if (listener.AddressFamily != target.AddressFamily || listener.Port == target.Port && IsOwn(listener, target))
            return 0;
        if (IPAddress.IsLoopback(target.Address))
            return IPAddress.IsLoopback(listener.Address) ? 3 : IsAny(listener.Address) ? 2 : 0;
        if (IsAny(listener.Address))
            return 3;
        return listener.Address.GetScope() == target.Address.GetScope() ? 2 : 0;
    }

    private static bool IsOwn(IPEndPoint listener, IPEndPoint target)
        => target.Address.Equals(listener.Address) || IsAny(listener.Address) && IPAddress.IsLoopback(target.Address);

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
