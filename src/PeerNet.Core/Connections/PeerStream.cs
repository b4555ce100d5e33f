using System.IO.Pipelines;
using PeerNet.Core.Buffers;
using PeerNet.Core.Diagnostics;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Identity;

namespace PeerNet.Core.Connections;

/// <summary>
/// A stream to a peer that speaks one negotiated protocol: what applications and protocol handlers hold. It is a
/// <see cref="Stream"/> and an <see cref="IDuplexPipe"/>; use one of the two, not both. Each direction ends on its own:
/// <see cref="CloseWriteAsync"/> tells the peer that nothing more comes, a read of 0 bytes tells that nothing more comes from there.
/// A reset, from either side, ends both with a <see cref="StreamResetException"/>. One reader and one writer at a time.
/// </summary>
/// <remarks>
/// Disposing is the ordinary end: it ends the sending direction in good order, drops what was not read, and never waits for the network.
/// <see cref="Reset"/> is the end that tells the peer something went wrong.
/// </remarks>
public sealed class PeerStream : Stream, IDuplexPipe
{
    /// <summary>
    /// Implementation limit: what one write may move before it shows in the counters. A peer's first window: a longer write has to wait for
    /// the peer anyway, and who watches the counters must see that it moves, or that it does not.
    /// </summary>
    private const int MaxCountedBytes = 256 * 1024;

    private readonly MuxedStream _stream;
    private readonly BandwidthCounter[] _counters;
    private PipeReader? _input;
    private PipeWriter? _output;
    private long _received;
    private long _sent;
    private int _disposed;

    /// <summary>Wraps a negotiated stream.</summary>
    /// <param name="stream">The stream, its negotiation done or under way.</param>
    /// <param name="protocol">The protocol it speaks.</param>
    /// <param name="connection">The connection it belongs to.</param>
    /// <param name="counters">Counters that its payload is added to.</param>
    public PeerStream(MuxedStream stream, ProtocolId protocol, ConnectionDescription connection, params BandwidthCounter[] counters)
    {
        _stream = stream;
        _counters = counters;
        Protocol = protocol;
        Connection = connection;
    }

    /// <summary>The protocol that the stream speaks.</summary>
    public ProtocolId Protocol { get; }

    /// <summary>The connection that the stream belongs to.</summary>
    public ConnectionDescription Connection { get; }

    /// <summary>The peer at the other end.</summary>
    public PeerId Peer => Connection.RemotePeer;

    /// <summary>Who opened the stream.</summary>
    public Direction Direction => _stream.Direction;

    /// <summary>The multiplexer's number of the stream.</summary>
    public ulong Id => _stream.Id;

    /// <summary>Payload bytes received so far.</summary>
    public long BytesReceived => Interlocked.Read(ref _received);

    /// <summary>Payload bytes sent so far: what the multiplexer has taken over. A write in progress shows in pieces.</summary>
    public long BytesSent => Interlocked.Read(ref _sent);

    /// <summary>Whether its holder is done with it.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Completes when both directions have ended; it never faults.</summary>
    public Task Closed => _stream.Closed;

    /// <inheritdoc />
    public PipeReader Input => _input ??= PipeReader.Create(this, new StreamPipeReaderOptions(leaveOpen: true, bufferSize: 4096, minimumReadSize: 1024, useZeroByteReads: true));

    /// <inheritdoc />
    public PipeWriter Output => _output ??= PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true, minimumBufferSize: 4096));

    /// <inheritdoc />
    public override bool CanRead => true;

    /// <inheritdoc />
    public override bool CanWrite => true;

    /// <inheritdoc />
    public override bool CanSeek => false;

    /// <inheritdoc />
    public override long Length => throw new NotSupportedException("A peer stream has no length.");

    /// <inheritdoc />
    public override long Position
    {
        get => throw new NotSupportedException("A peer stream has no position.");
        set => throw new NotSupportedException("A peer stream has no position.");
    }

    /// <inheritdoc />
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var pending = _stream.ReadAsync(buffer, cancellationToken);
        if (!pending.IsCompletedSuccessfully)
            return Awaited(this, pending);
        var count = pending.Result;
        CountReceived(count);
        return new ValueTask<int>(count);

        static async ValueTask<int> Awaited(PeerStream self, ValueTask<int> pending)
        {
            var count = await pending.ConfigureAwait(false);
            self.CountReceived(count);
            return count;
        }
    }

    /// <summary>Takes received bytes as they lie, without a copy; see <see cref="MuxedStream.ReadSliceAsync"/>.</summary>
    public async ValueTask<BufferSlice> ReadSliceAsync(CancellationToken cancellationToken = default)
    {
        var slice = await _stream.ReadSliceAsync(cancellationToken).ConfigureAwait(false);
        CountReceived(slice.Length);
        return slice;
    }

    /// <inheritdoc />
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc />
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length > MaxCountedBytes)
            return WriteInPiecesAsync(buffer, cancellationToken);
        var pending = _stream.WriteAsync(buffer, cancellationToken);
        if (!pending.IsCompletedSuccessfully)
            return Awaited(this, pending, buffer.Length);
        // Taking the result gives a reused source back, even where there is nothing to wait for.
        pending.GetAwaiter().GetResult();
        CountSent(buffer.Length);
        return default;

        static async ValueTask Awaited(PeerStream self, ValueTask pending, int count)
        {
            await pending.ConfigureAwait(false);
            self.CountSent(count);
        }
    }

    /// <inheritdoc />
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Ends the sending direction in good order: the peer reads all that was written, then the end. Idempotent.</summary>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => _stream.CloseWriteAsync(cancellationToken);

    /// <summary>Stops reading; what arrives from now on is dropped. Idempotent.</summary>
    public void CloseRead() => _stream.CloseRead();

    /// <summary>Ends both directions at once and tells the peer. Idempotent.</summary>
    /// <param name="code">See <see cref="ErrorCodes"/>.</param>
    public void Reset(uint code = ErrorCodes.None) => _stream.Reset(code);

    /// <summary>Written bytes go out without a flush.</summary>
    public override void Flush()
    {
    }

    /// <summary>Written bytes go out without a flush.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Blocks the calling thread: prefer <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>.</summary>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, default).GetAwaiter().GetResult();

    /// <summary>Blocks the calling thread: prefer <see cref="WriteAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</summary>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer, offset, count, default).GetAwaiter().GetResult();

    /// <inheritdoc />
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A peer stream has no position.");

    /// <inheritdoc />
    public override void SetLength(long value) => throw new NotSupportedException("A peer stream has no length.");

    /// <inheritdoc />
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _stream.CloseRead();
            _ = EndWriteAsync();
        }

        base.Dispose(disposing);
    }

    private async Task EndWriteAsync()
    {
        try
        {
            await _stream.CloseWriteAsync().ConfigureAwait(false);
        }
        catch (PeerNetException)
        {
            // The stream has ended already, by a reset or with its connection: nothing is left to end.
        }
    }

    private async ValueTask WriteInPiecesAsync(ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        while (!buffer.IsEmpty)
        {
            var piece = buffer[..Math.Min(buffer.Length, MaxCountedBytes)];
            await _stream.WriteAsync(piece, token).ConfigureAwait(false);
            CountSent(piece.Length);
            buffer = buffer[piece.Length..];
        }
    }

    private void CountSent(int count)
    {
        Interlocked.Add(ref _sent, count);
        foreach (var counter in _counters)
            counter.AddSent(count);
    }

    private void CountReceived(int count)
    {
        Interlocked.Add(ref _received, count);
        foreach (var counter in _counters)
            counter.AddReceived(count);
    }
}
