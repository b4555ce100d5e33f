using PeerNet.Core.Connections;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Transports.Memory;

/// <summary>One end of a connection inside the process: two bounded buffers, one for each direction.</summary>
internal sealed class MemoryConnection : RawConnection
{
    private readonly MemoryPipe _incoming;
    private readonly MemoryPipe _outgoing;

    private MemoryConnection(MemoryPipe incoming, MemoryPipe outgoing, Multiaddress local, Multiaddress remote)
    {
        _incoming = incoming;
        _outgoing = outgoing;
        LocalAddress = local;
        RemoteAddress = remote;
    }

    public override Multiaddress LocalAddress { get; }

    public override Multiaddress RemoteAddress { get; }

    /// <summary>Two ends that are connected to each other.</summary>
    public static (MemoryConnection Near, MemoryConnection Far) CreatePair(Multiaddress near, Multiaddress far)
    {
        var (there, back) = (new MemoryPipe(), new MemoryPipe());
        return (new MemoryConnection(back, there, near, far), new MemoryConnection(there, back, far, near));
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default) => _incoming.ReadAsync(buffer, token);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default) => _outgoing.WriteAsync(buffer, token);

    public override ValueTask ShutdownAsync(CancellationToken token = default)
    {
        _outgoing.CompleteWriting();
        return ValueTask.CompletedTask;
    }

    public override void Abort()
    {
        _incoming.Abort(byReader: true);
        _outgoing.Abort(byReader: false);
    }
}
