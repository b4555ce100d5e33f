using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>A raw connection as a <see cref="Stream"/>, for TLS and WebSocket on top. Empty reads wait, as below.</summary>
internal sealed class RawConnectionStream(RawConnection connection) : Stream
{
    /// <summary>Whether the peer has ended its direction in good order.</summary>
    public bool HasEnded { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var received = await connection.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
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
            await connection.SendAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectionClosedException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Ends the sending direction below.</summary>
    public async ValueTask ShutdownAsync(CancellationToken token)
    {
        try
        {
            await connection.ShutdownAsync(token).ConfigureAwait(false);
        }
        catch (ConnectionClosedException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Only asynchronous.");

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Abort();
        base.Dispose(disposing);
    }
}
