using System.IO.Pipelines;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.Testing.Streams;

/// <summary>One end of a stream inside this process, with a window, half-closes and resets like a multiplexer's, and nothing else.</summary>
public sealed class MemoryMuxedStream : MuxedStream
{
    private readonly Pipe _inbound;
    private readonly Pipe _outbound;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private MemoryMuxedStream _peer = null!;
    private StreamResetException? _reset;
    private int _open = 2;
    private int _writeClosed;
    private int _readClosed;

    private MemoryMuxedStream(Direction direction, Pipe inbound, Pipe outbound)
    {
        Direction = direction;
        _inbound = inbound;
        _outbound = outbound;
    }

    public override ulong Id => 1;

    public override Direction Direction { get; }

    public override bool IsClosed => _closed.Task.IsCompleted;

    public override Task Closed => _closed.Task;

    /// <summary>Whether either end has reset the stream.</summary>
    public bool IsReset => _reset is not null;

    /// <summary>The code of the reset.</summary>
    public uint ResetCode => _reset?.Code ?? 0;

    /// <summary>Writes that reached this end's outbound direction so far.</summary>
    public int Writes { get; private set; }

    /// <summary>Two ends of one stream; a writer waits while <paramref name="windowBytes"/> are unread.</summary>
    public static (MemoryMuxedStream Dialer, MemoryMuxedStream Listener) CreatePair(int windowBytes = 256 * 1024)
    {
        var options = new PipeOptions(pauseWriterThreshold: windowBytes, resumeWriterThreshold: windowBytes, useSynchronizationContext: false);
        var (there, back) = (new Pipe(options), new Pipe(options));
        var dialer = new MemoryMuxedStream(Direction.Outbound, back, there);
        var listener = new MemoryMuxedStream(Direction.Inbound, there, back);
        (dialer._peer, listener._peer) = (listener, dialer);
        return (dialer, listener);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (_reset is not null)
            throw _reset;
        var result = await _inbound.Reader.ReadAsync(token);
        var count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        var taken = result.Buffer.Slice(0, count);
        var position = 0;
        foreach (var segment in taken)
        {
            segment.CopyTo(buffer[position..]);
            position += segment.Length;
        }

        _inbound.Reader.AdvanceTo(taken.End);
        if (count == 0 && result.IsCompleted)
            EndRead();
        return count;
    }

    public override async ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
    {
        var block = BufferPool.Shared.RentLarge();
        var count = 0;
        try
        {
            count = await ReadAsync(block.Array, token);
        }
        finally
        {
            if (count == 0)
                block.Release();
        }

        return count == 0 ? default : block.Slice(0, count);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        if (_reset is not null)
            throw _reset;
        Writes++;
        await _outbound.Writer.WriteAsync(buffer, token);
        if (_reset is not null)
            throw _reset;
    }

    public override async ValueTask CloseWriteAsync(CancellationToken token = default)
    {
        if (Interlocked.Exchange(ref _writeClosed, 1) != 0)
            return;
        await _outbound.Writer.CompleteAsync();
        EndDirection();
    }

    public override void CloseRead()
    {
        _inbound.Reader.Complete();
        EndRead();
    }

    public override void Reset(uint code = 0)
    {
        if (IsClosed)
            return;
        OnReset(new StreamResetException(byPeer: false, code));
        _peer.OnReset(new StreamResetException(byPeer: true, code));
    }

    private void OnReset(StreamResetException reset)
    {
        if (Interlocked.CompareExchange(ref _reset, reset, null) is not null)
            return;
        _inbound.Writer.Complete(reset);
        _outbound.Reader.Complete();
        _closed.TrySetResult();
    }

    private void EndRead()
    {
        if (Interlocked.Exchange(ref _readClosed, 1) == 0)
            EndDirection();
    }

    private void EndDirection()
    {
        if (Interlocked.Decrement(ref _open) == 0)
            _closed.TrySetResult();
    }
}
