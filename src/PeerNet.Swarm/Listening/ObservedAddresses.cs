using System.Net;
using System.Net.Sockets;
using PeerNet.Core.Time;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Listening;

/// <summary>An external address of this node as peers see it.</summary>
/// <param name="Address">The address: the observed IP address and port, and what the listener speaks on it.</param>
/// <param name="Observers">Distinct observers, by IPv4 address or IPv6 /56.</param>
/// <param name="IsActive">Whether enough observers agree.</param>
/// <param name="LastSeen">When it was last reported.</param>
public sealed record ObservedAddress(Multiaddress Address, int Observers, bool IsActive, DateTimeOffset LastSeen);

/// <summary>
/// What peers report as this node's address, counted by distinct observers. An address that enough of them agree on becomes active; it ends
/// with the connections over which it was reported. Bounded by the connections: each has one report. Pure; not thread-safe.
/// </summary>
internal sealed class ObservedAddresses(int threshold)
{
    /// <summary>Implementation limit, go's: external addresses of one listener, those with the most observers.</summary>
    public const int MaxActivePerListener = 3;

    private readonly Dictionary<long, Report> _byConnection = [];

    /// <summary>A connection's peer reported an address; its earlier report is replaced.</summary>
    /// <param name="connection">Number of the connection.</param>
    /// <param name="listener">The bound address that the connection belongs to.</param>
    /// <param name="observed">The external address made of the report.</param>
    /// <param name="observer">The peer's own IP address.</param>
    /// <param name="now">When.</param>
    public void Record(long connection, Multiaddress listener, Multiaddress observed, IPAddress observer, DateTimeOffset now)
        => _byConnection[connection] = new Report(listener, observed, GroupOf(observer), now);

    /// <summary>Whether a connection's peer reported an address.</summary>
    public bool Contains(long connection) => _byConnection.ContainsKey(connection);

    /// <summary>A connection has ended, and its report with it.</summary>
    public bool Remove(long connection) => _byConnection.Remove(connection);

    /// <summary>A listener has ended, and the reports about it.</summary>
    public void RemoveListener(Multiaddress listener)
    {
        foreach (var (connection, report) in _byConnection)
        {
            if (report.Listener == listener)
                _byConnection.Remove(connection);
        }
    }

    /// <summary>All reported addresses, the latest first.</summary>
    public List<ObservedAddress> Read()
    {
        var candidates = _byConnection.Values
            .GroupBy(report => (report.Listener, report.Observed))
            .Select(group => (group.Key.Listener, group.Key.Observed, Observers: group.Select(report => report.Observer).Distinct().Count(), LastSeen: group.Max(report => report.At)))
            .ToList();
        var active = candidates
            .Where(candidate => candidate.Observers >= threshold)
            .GroupBy(candidate => candidate.Listener)
            .SelectMany(group => group.OrderByDescending(c => c.Observers).ThenByDescending(c => c.LastSeen).Take(MaxActivePerListener))
            .Select(candidate => (candidate.Listener, candidate.Observed))
            .ToHashSet();
        return [.. candidates
            .OrderByDescending(candidate => candidate.LastSeen)
            .Select(candidate => new ObservedAddress(candidate.Observed, candidate.Observers, active.Contains((candidate.Listener, candidate.Observed)), candidate.LastSeen))];
    }

    /// <summary>
    /// The external address that a report means, or null when it means none: the connection must end at one of our listeners, else its port
    /// says nothing about them; family and protocol must agree; and it must be news.
    /// </summary>
    public static Multiaddress? Interpret(Multiaddress listener, Multiaddress observed)
    {
        if (observed.IsCircuit() || listener.IsCircuit())
            return null;
        if (!observed.TryGetIPEndPoint(out var seen) || !listener.TryGetIPEndPoint(out var bound) || seen.Port == 0)
            return null;
        if (seen.Address.Unmap().AddressFamily != bound.Address.Unmap().AddressFamily || seen.Address.IsNat64())
            return null;
        if (observed.Contains(MultiaddressCodes.Udp) != listener.Contains(MultiaddressCodes.Udp))
            return null;
        return observed.GetScope() is AddressScope.Loopback or AddressScope.LinkLocal or AddressScope.Unspecified or AddressScope.Multicast
            ? null
            : AddressExpander.WithEndPoint(listener, seen.Address.Unmap(), seen.Port);
    }

    /// <summary>Whether a connection's own address belongs to a listener.</summary>
    public static bool BelongsTo(Multiaddress local, Multiaddress listener)
        => !local.IsCircuit() && !listener.IsCircuit()
            && local.TryGetIPEndPoint(out var end) && listener.TryGetIPEndPoint(out var bound)
            && end.Port == bound.Port
            && local.Contains(MultiaddressCodes.Udp) == listener.Contains(MultiaddressCodes.Udp)
            && end.Address.Unmap().AddressFamily == bound.Address.Unmap().AddressFamily
            && (listener.GetScope() == AddressScope.Unspecified || end.Address.Unmap().Equals(bound.Address.Unmap()));

    private static UInt128 GroupOf(IPAddress observer)
    {
        var ip = observer.Unmap();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        _ = ip.TryWriteBytes(bytes, out _);
        var isIp4 = ip.AddressFamily == AddressFamily.InterNetwork;
        bytes[(isIp4 ? 4 : 7)..].Clear();
        bytes[15] = isIp4 ? (byte)4 : (byte)6;
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private sealed record Report(Multiaddress Listener, Multiaddress Observed, UInt128 Observer, DateTimeOffset At);
}
