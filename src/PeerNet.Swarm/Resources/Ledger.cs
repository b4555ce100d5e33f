using PeerNet.Core.Resources;

namespace PeerNet.Swarm.Resources;

/// <summary>
/// What one scope holds, and its limits. Lock-free: streams and connections are each one packed word, so that a limit on both directions
/// together is checked and taken in one step. Thread-safe.
/// </summary>
internal class Ledger(ResourceLimits limits)
{
    private const int ConnectionBits = 21;
    private const long ConnectionMask = (1L << ConnectionBits) - 1;

    private long _memory;
    private long _streams;
    private long _connections;

    public ResourceLimits Limits => limits;

    public long Memory => Interlocked.Read(ref _memory);

    public int StreamsInbound => (int)(Interlocked.Read(ref _streams) >> 32);

    public int StreamsOutbound => (int)(uint)Interlocked.Read(ref _streams);

    public int ConnectionsInbound => (int)(Interlocked.Read(ref _connections) >> (2 * ConnectionBits));

    public int ConnectionsOutbound => (int)((Interlocked.Read(ref _connections) >> ConnectionBits) & ConnectionMask);

    public int FileDescriptors => (int)(Interlocked.Read(ref _connections) & ConnectionMask);

    public bool IsEmpty => Memory == 0 && Interlocked.Read(ref _streams) == 0 && Interlocked.Read(ref _connections) == 0;

    /// <summary>The scope's name in a refusal.</summary>
    public virtual string Name => "";

    public bool TryAddMemory(long bytes, out ResourceRefusal refusal)
    {
        while (true)
        {
            var used = Interlocked.Read(ref _memory);
            if (bytes > limits.Memory - used)
            {
                refusal = Refuse("memory", used, bytes, limits.Memory);
                return false;
            }

            if (Interlocked.CompareExchange(ref _memory, used + bytes, used) == used)
            {
                refusal = default;
                return true;
            }
        }
    }

    public void RemoveMemory(long bytes) => Interlocked.Add(ref _memory, -bytes);

    public bool TryAddStream(Direction direction, out ResourceRefusal refusal)
    {
        var one = StreamUnit(direction);
        while (true)
        {
            var packed = Interlocked.Read(ref _streams);
            var inbound = (int)(packed >> 32);
            var outbound = (int)(uint)packed;
            if (direction == Direction.Inbound && inbound >= limits.StreamsInbound)
            {
                refusal = Refuse("streams.inbound", inbound, 1, limits.StreamsInbound);
                return false;
            }

            if (direction == Direction.Outbound && outbound >= limits.StreamsOutbound)
            {
                refusal = Refuse("streams.outbound", outbound, 1, limits.StreamsOutbound);
                return false;
            }

            if ((long)inbound + outbound >= limits.Streams)
            {
                refusal = Refuse("streams", (long)inbound + outbound, 1, limits.Streams);
                return false;
            }

            if (Interlocked.CompareExchange(ref _streams, packed + one, packed) == packed)
            {
                refusal = default;
                return true;
            }
        }
    }

    public void RemoveStream(Direction direction) => Interlocked.Add(ref _streams, -StreamUnit(direction));

    public bool TryAddConnection(Direction direction, bool usesFileDescriptor, out ResourceRefusal refusal)
    {
        var one = ConnectionUnit(direction, usesFileDescriptor);
        while (true)
        {
            var packed = Interlocked.Read(ref _connections);
            var inbound = (int)(packed >> (2 * ConnectionBits));
            var outbound = (int)((packed >> ConnectionBits) & ConnectionMask);
            var descriptors = (int)(packed & ConnectionMask);
            if (direction == Direction.Inbound && inbound >= Math.Min(limits.ConnectionsInbound, ConnectionMask))
            {
                refusal = Refuse("connections.inbound", inbound, 1, limits.ConnectionsInbound);
                return false;
            }

            if (direction == Direction.Outbound && outbound >= Math.Min(limits.ConnectionsOutbound, ConnectionMask))
            {
                refusal = Refuse("connections.outbound", outbound, 1, limits.ConnectionsOutbound);
                return false;
            }

            if (inbound + outbound >= limits.Connections)
            {
                refusal = Refuse("connections", inbound + outbound, 1, limits.Connections);
                return false;
            }

            if (usesFileDescriptor && descriptors >= Math.Min(limits.FileDescriptors, ConnectionMask))
            {
                refusal = Refuse("file-descriptors", descriptors, 1, limits.FileDescriptors);
                return false;
            }

            if (Interlocked.CompareExchange(ref _connections, packed + one, packed) == packed)
            {
                refusal = default;
                return true;
            }
        }
    }

    public void RemoveConnection(Direction direction, bool usesFileDescriptor)
        => Interlocked.Add(ref _connections, -ConnectionUnit(direction, usesFileDescriptor));

    public ResourceUsage Read() => new(Name, Memory, StreamsInbound, StreamsOutbound, ConnectionsInbound, ConnectionsOutbound, FileDescriptors);

    private static long StreamUnit(Direction direction) => direction == Direction.Inbound ? 1L << 32 : 1;

    private static long ConnectionUnit(Direction direction, bool usesFileDescriptor)
        => (direction == Direction.Inbound ? 1L << (2 * ConnectionBits) : 1L << ConnectionBits) + (usesFileDescriptor ? 1 : 0);

    private ResourceRefusal Refuse(string limit, long used, long requested, long maximum) => new(Name, limit, used, requested, maximum);
}

/// <summary>What a scope holds at a moment.</summary>
/// <param name="Scope">The scope's name.</param>
/// <param name="MemoryBytes">Reserved memory.</param>
/// <param name="StreamsInbound">Streams that peers opened.</param>
/// <param name="StreamsOutbound">Streams that this node opened.</param>
/// <param name="ConnectionsInbound">Connections that peers opened.</param>
/// <param name="ConnectionsOutbound">Connections that this node opened.</param>
/// <param name="FileDescriptors">File descriptors.</param>
public sealed record ResourceUsage(
    string Scope,
    long MemoryBytes,
    int StreamsInbound,
    int StreamsOutbound,
    int ConnectionsInbound,
    int ConnectionsOutbound,
    int FileDescriptors)
{
    /// <summary>Whether nothing is held.</summary>
    public bool IsEmpty => MemoryBytes == 0 && (StreamsInbound | StreamsOutbound | ConnectionsInbound | ConnectionsOutbound | FileDescriptors) == 0;
}
