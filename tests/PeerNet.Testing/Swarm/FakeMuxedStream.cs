using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.Testing.Swarm;

/// <summary>One end of a stream of a <see cref="FakeMuxedConnection"/>.</summary>
public sealed class FakeMuxedStream : MuxedStream
{
    private const int Window = 256 * 1024;

    private readonly FakePipe _input;
    private readonly FakePipe _output;
    private readonly Action<FakeMuxedStream> _onClosed;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeMuxedStream? _other;
    private int _endings;

    private FakeMuxedStream(ulong id, Direction direction, FakePipe input, FakePipe output, Action<FakeMuxedStream> onClosed)
    {
        Id = id;
        Direction = direction;
        _input = input;
        _output = output;
        _onClosed = onClosed;
    }

    public override ulong Id { get; }

    public override Direction Direction { get; }

    public override bool IsClosed => _closed.Task.IsCompleted;

    public override Task Closed => _closed.Task;

    /// <summary>The code with which this end was reset, by whichever side; null when it was not.</summary>
    public uint? ResetCode { get; private set; }

    internal static (FakeMuxedStream Opener, FakeMuxedStream Acceptor) CreatePair(ulong id, Action<FakeMuxedStream> openerClosed, Action<FakeMuxedStream> acceptorClosed)
    {
        var there = new FakePipe(Window);
        var back = new FakePipe(Window);
        var opener = new FakeMuxedStream(id, Direction.Outbound, back, there, openerClosed);
        var acceptor = new FakeMuxedStream(id, Direction.Inbound, there, back, acceptorClosed);
        (opener._other, acceptor._other) = (acceptor, opener);
        return (opener, acceptor);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default) => _input.ReadAsync(buffer, token);

    public override async ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
    {
        var block = BufferPool.Shared.RentSmall();
        var count = await _input.ReadAsync(block.Array, token).ConfigureAwait(false);
        if (count > 0)
            return block.Slice(0, count);
        block.Release();
        return default;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default) => _output.WriteAsync(buffer, token);

    public override ValueTask CloseWriteAsync(CancellationToken token = default)
    {
        if (!_output.IsEnded)
        {
            _output.End();
            OneDirectionEnded();
            _other!.OneDirectionEnded();
        }

        return ValueTask.CompletedTask;
    }

    public override void CloseRead() => _input.StopReading();

    public override void Reset(uint code = 0)
    {
        if (IsClosed)
            return;
        ResetCode ??= code;
        _other!.ResetCode ??= code;
        _input.Fail(new StreamResetException(byPeer: false, code));
        _output.Fail(new StreamResetException(byPeer: true, code));
        End();
        _other.End();
    }

    internal void Fail(Exception error)
    {
        _input.Fail(error);
        _output.Fail(error);
        End();
    }

    private void OneDirectionEnded()
    {
        if (Interlocked.Increment(ref _endings) == 2)
            End();
    }

    private void End()
    {
        if (_closed.TrySetResult())
            _onClosed(this);
    }
}
