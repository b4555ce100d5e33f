using System.Net;
using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>
/// Spares an endpoint that many peers are said to have and none answers at: whoever hands out a victim's address under a thousand ids would
/// otherwise have this node dial it a thousand times. Relays are no endpoints of that kind. Bounded. Pure; not thread-safe.
/// </summary>
internal sealed class EndPointGuard
{
    /// <summary>Implementation limit: failures without a success before an endpoint is spared. A host with a few ids stays under it.</summary>
    public const int MaxFailures = 8;

    /// <summary>Implementation limit: how long failures count, and how long an endpoint is spared after the last.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(2);

    /// <summary>Implementation limit: endpoints remembered.</summary>
    public const int MaxEntries = 8192;

    private readonly Dictionary<IPEndPoint, (int Failures, Instant Until)> _endPoints = [];

    public bool IsSpared(Multiaddress address, Instant now)
        => TryGet(address, out var endPoint) && _endPoints.TryGetValue(endPoint, out var entry) && now < entry.Until && entry.Failures >= MaxFailures;

    public void OnFailed(Multiaddress address, Instant now)
    {
        if (!TryGet(address, out var endPoint))
            return;
        var known = _endPoints.TryGetValue(endPoint, out var entry);
        if (!known && _endPoints.Count >= MaxEntries)
            return;
        _endPoints[endPoint] = (known && now < entry.Until ? entry.Failures + 1 : 1, now + Window);
    }

    public void OnSucceeded(Multiaddress address)
    {
        if (TryGet(address, out var endPoint))
            _endPoints.Remove(endPoint);
    }

    public void Collect(Instant now)
    {
        foreach (var (endPoint, entry) in _endPoints)
        {
            if (entry.Until <= now)
                _endPoints.Remove(endPoint);
        }
    }

    private static bool TryGet(Multiaddress address, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(IPAddress.None, 0);
        if (address.IsCircuit() || !address.TryGetIPEndPoint(out var found))
            return false;
        endPoint = found;
        return true;
    }
}
