using PeerNet.Core;
using PeerNet.Core.Resources;

namespace PeerNet.Swarm.Resources;

/// <summary>
/// One stream's scope. It lives under its peer's and the system's scope, and under the transient one until its protocol is known, then under
/// the protocol's and that of the protocol for the peer.
/// </summary>
internal sealed class StreamScope(ResourceManager manager, PeerLedger peer, ResourceLimits limits, Direction direction) : IStreamScope
{
    private readonly Lock _lock = new();
    private SharedLedger<ProtocolId>? _protocol;
    private ProtocolPeerLedger? _protocolPeer;
    private long _memory;
    private bool _disposed;

    public bool TryReserveMemory(long bytes, out ResourceRefusal refusal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        lock (_lock)
        {
            if (_disposed || bytes > limits.Memory - _memory)
            {
                refusal = new ResourceRefusal("stream", "memory", _memory, bytes, _disposed ? 0 : limits.Memory);
                return manager.Refused();
            }

            if (!peer.TryAddMemory(bytes, out refusal))
                return manager.Refused();
            if (TryReserveAbove(bytes, out refusal))
            {
                _memory += bytes;
                return true;
            }

            peer.RemoveMemory(bytes);
            return manager.Refused();
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
                throw new InvalidOperationException("A stream released more memory than it had reserved.");
            Release(bytes);
        }
    }

    public bool TrySetProtocol(ProtocolId protocol, out ResourceRefusal refusal)
    {
        lock (_lock)
        {
            refusal = default;
            if (_protocol is not null)
                return _protocol.Key == protocol ? true : throw new InvalidOperationException("A stream's protocol does not change.");
            if (_disposed)
            {
                refusal = new ResourceRefusal("stream", "streams", 0, 1, 0);
                return manager.Refused();
            }

            var ofPeer = peer.Protocols.Enter(protocol);
            if (TryAdd(ofPeer, out refusal))
            {
                var ofAll = manager.EnterProtocol(protocol);
                if (TryAdd(ofAll, out refusal))
                {
                    manager.Transient.RemoveStream(direction);
                    manager.Transient.RemoveMemory(_memory);
                    (_protocol, _protocolPeer) = (ofAll, ofPeer);
                    return true;
                }

                manager.LeaveProtocol(ofAll);
                ofPeer.RemoveStream(direction);
                ofPeer.RemoveMemory(_memory);
            }

            peer.Protocols.Leave(ofPeer);
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
            manager.System.RemoveStream(direction);
            peer.RemoveStream(direction);
            if (_protocol is null || _protocolPeer is null)
            {
                manager.Transient.RemoveStream(direction);
            }
            else
            {
                _protocol.RemoveStream(direction);
                manager.LeaveProtocol(_protocol);
                _protocolPeer.RemoveStream(direction);
                peer.Protocols.Leave(_protocolPeer);
            }

            manager.LeavePeer(peer);
        }
    }

    private bool TryAdd(Ledger ledger, out ResourceRefusal refusal)
    {
        if (!ledger.TryAddStream(direction, out refusal))
            return false;
        if (ledger.TryAddMemory(_memory, out refusal))
            return true;
        ledger.RemoveStream(direction);
        return false;
    }

    private bool TryReserveAbove(long bytes, out ResourceRefusal refusal)
    {
        if (_protocol is null || _protocolPeer is null)
        {
            if (!manager.Transient.TryAddMemory(bytes, out refusal))
                return false;
            if (manager.System.TryAddMemory(bytes, out refusal))
                return true;
            manager.Transient.RemoveMemory(bytes);
            return false;
        }

        if (!_protocolPeer.TryAddMemory(bytes, out refusal))
            return false;
        if (_protocol.TryAddMemory(bytes, out refusal))
        {
            if (manager.System.TryAddMemory(bytes, out refusal))
                return true;
            _protocol.RemoveMemory(bytes);
        }

        _protocolPeer.RemoveMemory(bytes);
        return false;
    }

    private void Release(long bytes)
    {
        _memory -= bytes;
        peer.RemoveMemory(bytes);
        manager.System.RemoveMemory(bytes);
        if (_protocol is null || _protocolPeer is null)
        {
            manager.Transient.RemoveMemory(bytes);
            return;
        }

        _protocol.RemoveMemory(bytes);
        _protocolPeer.RemoveMemory(bytes);
    }
}
