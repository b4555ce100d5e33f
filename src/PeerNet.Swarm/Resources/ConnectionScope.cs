using PeerNet.Core.Resources;
using PeerNet.Identity;

namespace PeerNet.Swarm.Resources;

/// <summary>
/// One connection's scope. It lives under the transient scope until the peer is known, then under the peer's; always under the system's.
/// </summary>
internal sealed class ConnectionScope(ResourceManager manager, ResourceLimits limits, Direction direction, bool usesFileDescriptor) : IConnectionScope
{
    private readonly Lock _lock = new();
    private PeerLedger? _peer;
    private long _memory;
    private bool _disposed;

    public bool TryReserveMemory(long bytes, out ResourceRefusal refusal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            if (_disposed || bytes > limits.Memory - _memory)
            {
                refusal = new ResourceRefusal("connection", "memory", _memory, bytes, _disposed ? 0 : limits.Memory);
                return manager.Refused();
            }

            var parent = (Ledger?)_peer ?? manager.Transient;
            if (!parent.TryAddMemory(bytes, out refusal))
                return manager.Refused();
            if (!manager.System.TryAddMemory(bytes, out refusal))
            {
                parent.RemoveMemory(bytes);
                return manager.Refused();
            }

            _memory += bytes;
            return true;
        }
    }

    public void ReleaseMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            if (_disposed)
                return;
            if (bytes > _memory)
                throw new InvalidOperationException("A connection released more memory than it had reserved.");
            Release(bytes);
        }
    }

    public bool TrySetPeer(PeerId peer, out ResourceRefusal refusal)
    {
        ArgumentNullException.ThrowIfNull(peer);
        lock (_lock)
        {
            refusal = default;
            if (_peer is not null)
                return _peer.Key == peer ? true : throw new InvalidOperationException("A connection's peer does not change.");
            if (_disposed)
            {
                refusal = new ResourceRefusal("connection", "connections", 0, 1, 0);
                return manager.Refused();
            }

            var ledger = manager.EnterPeer(peer);
            if (ledger.TryAddConnection(direction, usesFileDescriptor, out refusal))
            {
                if (ledger.TryAddMemory(_memory, out refusal))
                {
                    manager.Transient.RemoveConnection(direction, usesFileDescriptor);
                    manager.Transient.RemoveMemory(_memory);
                    _peer = ledger;
                    return true;
                }

                ledger.RemoveConnection(direction, usesFileDescriptor);
            }

            manager.LeavePeer(ledger);
            return manager.Refused();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            Release(_memory);
            _disposed = true;
            manager.System.RemoveConnection(direction, usesFileDescriptor);
            if (_peer is null)
            {
                manager.Transient.RemoveConnection(direction, usesFileDescriptor);
                return;
            }

            _peer.RemoveConnection(direction, usesFileDescriptor);
            manager.LeavePeer(_peer);
        }
    }

    private void Release(long bytes)
    {
        _memory -= bytes;
        ((Ledger?)_peer ?? manager.Transient).RemoveMemory(bytes);
        manager.System.RemoveMemory(bytes);
    }
}
