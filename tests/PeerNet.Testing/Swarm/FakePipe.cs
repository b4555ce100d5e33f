using PeerNet.Core.Errors;

namespace PeerNet.Testing.Swarm;

/// <summary>One direction of a stream in memory: chunks, an end, or a reset. Bounded like a window.</summary>
internal sealed class FakePipe(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _chunks = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private int _offset;
    private int _count;
    private bool _ended;
    private bool _readerGone;

    public bool IsEnded
    {
        get
        {
            lock (_lock)
                return _ended || _failure is not null;
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_failure is not null)
                    throw _failure;
                if (_count > 0 || _ended)
                    return Take(buffer.Span);
                changed = _changed.Task;
            }

            await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_failure is not null)
                    throw _failure;
                if (_ended)
                    throw new InvalidOperationException("The sending direction has ended.");
                if (_readerGone)
                    return;
                if (_count < capacity)
                {
                    if (buffer.IsEmpty)
                        return;
                    _chunks.Enqueue(buffer.ToArray());
                    _count += buffer.Length;
                    Pulse();
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Pulse();
        }
    }

    public void Fail(Exception failure)
    {
        lock (_lock)
        {
            _failure ??= failure;
            Pulse();
        }
    }

    public void StopReading()
    {
        lock (_lock)
        {
            _readerGone = true;
            _chunks.Clear();
            _count = _offset = 0;
            Pulse();
        }
    }

    private int Take(Span<byte> buffer)
    {
        var taken = 0;
        while (taken < buffer.Length && _chunks.TryPeek(out var chunk))
        {
            var part = Math.Min(buffer.Length - taken, chunk.Length - _offset);
            chunk.AsSpan(_offset, part).CopyTo(buffer[taken..]);
            taken += part;
            _offset += part;
            if (_offset < chunk.Length)
                break;
            _chunks.Dequeue();
            _offset = 0;
        }

        _count -= taken;
        if (taken > 0)
            Pulse();
        return taken;
    }

    private void Pulse()
    {
        var changed = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }
}
