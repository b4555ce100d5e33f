using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.Simulation.Network;

/// <summary>One end of a stream of a <see cref="SimulatedConnection"/>. Not thread-safe.</summary>
internal sealed class SimulatedStream : MuxedStream
{
    // As our multiplexer's first window. Credit comes back without delay: what is simulated here are short messages.
    private const int Window = 256 * 1024;

    private readonly SimulatedConnection _connection;
    private readonly Queue<byte[]> _received = [];
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SimulatedStream? _other;
    private TaskCompletionSource? _reader;
    private TaskCompletionSource? _writer;
    private Exception? _failure;
    private int _credit = Window;
    private int _taken;
    private bool _isWriteClosed;
    private bool _isReadClosed;
    private bool _hasEnd;

    private SimulatedStream(SimulatedConnection connection, ulong id, Direction direction)
    {
        _connection = connection;
        Id = id;
        Direction = direction;
    }

    public override ulong Id { get; }

    public override Direction Direction { get; }

    public override bool IsClosed => _closed.Task.IsCompleted;

    public override Task Closed => _closed.Task;

    public static (SimulatedStream Opener, SimulatedStream Acceptor) CreatePair(SimulatedConnection near, SimulatedConnection far, ulong id)
    {
        var opener = new SimulatedStream(near, id, Direction.Outbound);
        var acceptor = new SimulatedStream(far, id, Direction.Inbound) { _other = opener };
        opener._other = acceptor;
        return (opener, acceptor);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        while (true)
        {
            if (_received.Count > 0)
                return buffer.IsEmpty ? 0 : Take(buffer.Span);
            if (_failure is not null)
                throw _failure;
            if (_hasEnd || _isReadClosed)
                return 0;
            await WaitAsync(_reader = NewSignal(), token).ConfigureAwait(false);
        }
    }

    public override async ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
    {
        // A block is taken when there is something for it: most streams wait most of the time.
        await ReadAsync(Memory<byte>.Empty, token).ConfigureAwait(false);
        var block = BufferPool.Shared.RentSmall();
        var count = await ReadAsync(block.Array, token).ConfigureAwait(false);
        if (count > 0)
            return block.Slice(0, count);
        block.Release();
        return default;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        while (!buffer.IsEmpty)
        {
            if (_failure is not null)
                throw _failure;
            if (_isWriteClosed)
                throw new InvalidOperationException("The sending direction has ended.");
            if (_credit == 0)
            {
                await WaitAsync(_writer = NewSignal(), token).ConfigureAwait(false);
                continue;
            }

            var piece = buffer[..Math.Min(_credit, buffer.Length)].ToArray();
            _credit -= piece.Length;
            _connection.Send(piece.Length, () => _other!.Receive(piece));
            buffer = buffer[piece.Length..];
        }
    }

    public override ValueTask CloseWriteAsync(CancellationToken token = default)
    {
        if (_failure is not null || _isWriteClosed)
            return ValueTask.CompletedTask;
        _isWriteClosed = true;
        _connection.Send(0, () => _other!.ReceiveEnd());
        EndWhenDone();
        return ValueTask.CompletedTask;
    }

    public override void CloseRead()
    {
        _isReadClosed = true;
        while (_received.TryDequeue(out var dropped))
            _other!.GiveCredit(dropped.Length);
        Wake(ref _reader);
    }

    public override void Reset(uint code = 0)
    {
        if (IsClosed)
            return;
        _connection.Send(0, () => _other!.Fail(new StreamResetException(byPeer: true, code)));
        Fail(new StreamResetException(byPeer: false, code));
    }

    /// <summary>The stream is over, whatever was under way.</summary>
    public void Fail(Exception failure)
    {
        if (IsClosed)
            return;
        _failure = failure;
        _received.Clear();
        End();
        Wake(ref _reader);
        Wake(ref _writer);
    }

    private void Receive(byte[] piece)
    {
        if (_failure is not null)
            return;
        if (_isReadClosed)
        {
            _other!.GiveCredit(piece.Length);
            return;
        }

        _received.Enqueue(piece);
        Wake(ref _reader);
    }

    private void ReceiveEnd()
    {
        if (_failure is not null)
            return;
        _hasEnd = true;
        EndWhenDone();
        Wake(ref _reader);
    }

    private int Take(Span<byte> buffer)
    {
        var first = _received.Peek().AsSpan(_taken);
        var count = Math.Min(first.Length, buffer.Length);
        first[..count].CopyTo(buffer);
        _taken += count;
        if (count == first.Length)
        {
            _received.Dequeue();
            _taken = 0;
        }

        _other!.GiveCredit(count);
        return count;
    }

    private void GiveCredit(int bytes)
    {
        _credit += bytes;
        Wake(ref _writer);
    }

    private void EndWhenDone()
    {
        if (_isWriteClosed && _hasEnd)
            End();
    }

    private void End()
    {
        if (_closed.TrySetResult())
            _connection.Forget(this);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task WaitAsync(TaskCompletionSource signal, CancellationToken token) => token.CanBeCanceled ? signal.Task.WaitAsync(token) : signal.Task;

    private static void Wake(ref TaskCompletionSource? waiter)
    {
        var woken = waiter;
        waiter = null;
        woken?.TrySetResult();
    }
}
