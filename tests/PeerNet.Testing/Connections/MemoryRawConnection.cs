using PeerNet.Core.Connections;
using PeerNet.Multiformats;

namespace PeerNet.Testing.Connections;

/// <summary>One end of a raw connection in memory.</summary>
public sealed class MemoryRawConnection(MemoryPipe incoming, MemoryPipe outgoing, Multiaddress local, Multiaddress remote) : RawConnection
{
    /// <summary>What this end receives.</summary>
    public MemoryPipe Incoming => incoming;

    /// <summary>What this end sends.</summary>
    public MemoryPipe Outgoing => outgoing;

    /// <inheritdoc />
    public override Multiaddress LocalAddress => local;

    /// <inheritdoc />
    public override Multiaddress RemoteAddress => remote;

    /// <summary>Two ends of one connection.</summary>
    public static (MemoryRawConnection Dialer, MemoryRawConnection Listener) CreatePair(int capacity = 256 * 1024)
    {
        var up = new MemoryPipe(capacity);
        var down = new MemoryPipe(capacity);
        var dialer = Multiaddress.Parse("/memory/1");
        var listener = Multiaddress.Parse("/memory/2");
        return (new MemoryRawConnection(down, up, dialer, listener), new MemoryRawConnection(up, down, listener, dialer));
    }

    /// <inheritdoc />
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default) => incoming.ReceiveAsync(buffer);

    /// <inheritdoc />
    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default) => outgoing.SendAsync(buffer);

    /// <inheritdoc />
    public override ValueTask ShutdownAsync(CancellationToken token = default)
    {
        outgoing.End();
        return ValueTask.CompletedTask;
    }

    /// <summary>As over TCP, what was sent before a shutdown is still delivered.</summary>
    public override void Abort()
    {
        incoming.Abort();
        if (!outgoing.HasEnded)
            outgoing.Abort();
    }
}
