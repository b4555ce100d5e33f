using PeerNet.Connections.Transports.Memory;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.UnitTests.Connections.Doubles;

/// <summary>One end of a stream without a connection. It keeps a list of what was done to it, write by write.</summary>
internal sealed class TestStream : MuxedStream
{
    private readonly MemoryPipe _incoming;
    private readonly MemoryPipe _outgoing;
    private readonly TaskCompletionSource _closed = new();
    private readonly List<string> _calls = [];
    private bool _reset;

    private TestStream(MemoryPipe incoming, MemoryPipe outgoing, Direction direction)
    {
        _incoming = incoming;
        _outgoing = outgoing;
        Direction = direction;
    }

    public static (TestStream Dialer, TestStream Listener) CreatePair()
    {
        var (there, back) = (new MemoryPipe(), new MemoryPipe());
        return (new TestStream(back, there, Direction.Outbound), new TestStream(there, back, Direction.Inbound));
    }

    /// <summary>Writes as Latin-1 text, and <c>FIN</c>, <c>RST</c>, <c>STOP</c>, in order.</summary>
    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (_calls)
                return [.. _calls];
        }
    }

    /// <summary>When set, a write waits for it before anything leaves.</summary>
    public TaskCompletionSource? HoldWrites { get; set; }

    public override ulong Id => 1;

    public override Direction Direction { get; }

    public override bool IsClosed => _closed.Task.IsCompleted;

    public override Task Closed => _closed.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        try
        {
            return await _incoming.ReadAsync(buffer, token);
        }
        catch (ConnectionClosedException)
        {
            throw new StreamResetException(!_reset, 0);
        }
    }

    public override async ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
    {
        var block = BufferPool.Shared.RentSmall();
        try
        {
            var count = await ReadAsync(block.Array, token);
            if (count > 0)
                return block.Slice(0, count);
        }
        catch
        {
            block.Release();
            throw;
        }

        block.Release();
        return default;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        if (HoldWrites is { } hold)
            await hold.Task.WaitAsync(token);
        Note(System.Text.Encoding.Latin1.GetString(buffer.Span));
        try
        {
            await _outgoing.WriteAsync(buffer, token);
        }
        catch (ConnectionClosedException)
        {
            throw new StreamResetException(!_reset, 0);
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken token = default)
    {
        Note("FIN");
        _outgoing.CompleteWriting();
        return ValueTask.CompletedTask;
    }

    public override void CloseRead() => Note("STOP");

    public override void Reset(uint code = 0)
    {
        Note("RST");
        _reset = true;
        _incoming.Abort(byReader: true);
        _outgoing.Abort(byReader: false);
        _closed.TrySetResult();
    }

    private void Note(string call)
    {
        lock (_calls)
            _calls.Add(call);
    }
}
