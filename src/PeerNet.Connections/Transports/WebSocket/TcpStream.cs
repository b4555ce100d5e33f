using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>
/// The TCP connection as a stream, for TLS and WebSocket on top. Empty reads wait, as below. It remembers whether the peer ended in good order,
/// which the layers above do not tell apart from a failure.
/// </summary>
internal sealed class TcpStream(RawConnection tcp) : AsyncStream
{
    /// <summary>Whether the peer has ended its direction in good order.</summary>
    public bool HasEnded { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var received = await tcp.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            HasEnded |= received == 0 && !buffer.IsEmpty;
            return received;
        }
        catch (ConnectionClosedException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await tcp.SendAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionClosedException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Ends the sending direction.</summary>
    public async ValueTask ShutdownAsync(CancellationToken token)
    {
        try
        {
            await tcp.ShutdownAsync(token).ConfigureAwait(false);
        }
        catch (ConnectionClosedException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            tcp.Abort();
        base.Dispose(disposing);
    }
}
