using PeerNet.Core.Connections;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Connections.Doubles;

/// <summary>Remembers what was sent, one entry for each send, and whether anything was received in between.</summary>
internal sealed class RecordingConnection(RawConnection inner) : RawConnection
{
    private bool _waited = true;

    /// <summary>Sends, in order.</summary>
    public List<byte[]> Sends { get; } = [];

    /// <summary>Times that a send followed a receive: the round trips this end began.</summary>
    public int Flights { get; private set; }

    public override Multiaddress LocalAddress => inner.LocalAddress;

    public override Multiaddress RemoteAddress => inner.RemoteAddress;

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        var received = await inner.ReceiveAsync(buffer, token);
        _waited |= received > 0;
        return received;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        Sends.Add(buffer.ToArray());
        Flights += _waited ? 1 : 0;
        _waited = false;
        return inner.SendAsync(buffer, token);
    }

    public override ValueTask ShutdownAsync(CancellationToken token = default) => inner.ShutdownAsync(token);

    public override void Abort() => inner.Abort();
}
