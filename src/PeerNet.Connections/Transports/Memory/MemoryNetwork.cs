namespace PeerNet.Connections.Transports.Memory;

/// <summary>
/// Where memory transports meet: the numbers of <c>/memory/N</c> are unique within one. Transports that share no network do not see each
/// other. Thread-safe.
/// </summary>
public sealed class MemoryNetwork
{
    // Numbers for /memory/0 begin where nobody writes one by hand.
    private const ulong FirstFreeNumber = 1UL << 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, MemoryListener> _listeners = [];
    private ulong _nextFree = FirstFreeNumber;

    /// <summary>The network of transports that are not told another.</summary>
    public static MemoryNetwork Shared { get; } = new();

    internal ulong NextNumber()
    {
        lock (_lock)
            return _nextFree++;
    }

    internal bool TryAdd(MemoryListener listener)
    {
        lock (_lock)
            return _listeners.TryAdd(listener.Number, listener);
    }

    internal void Remove(MemoryListener listener)
    {
        lock (_lock)
            _listeners.Remove(listener.Number);
    }

    internal MemoryListener? Find(ulong number)
    {
        lock (_lock)
            return _listeners.GetValueOrDefault(number);
    }
}
