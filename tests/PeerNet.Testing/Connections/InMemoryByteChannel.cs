using PeerNet.Core.Errors;

namespace PeerNet.Testing.Connections;

/// <summary>One direction of an <see cref="InMemoryRawPair"/>: a bounded queue of bytes with an end.</summary>
internal sealed class InMemoryByteChannel(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<byte> _bytes = new();
    private TaskCompletionSource _changed = NewSignal();
    private bool _ended;
    private ConnectionClosedException? _reset;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _bytes.Count == 0 && !_ended && _reset is null;
        }
    }

    /// <summary>Reads what is there, waiting for at least one byte; an empty buffer only waits. 0 is the end.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            token.ThrowIfCancellationRequested();
            Task changed;
            lock (_lock)
            {
                if (_reset is not null)
                    throw _reset;
                if (_bytes.Count > 0 || _ended)
                    return Take(buffer.Span);
                changed = _changed.Task;
            }

            await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    /// <summary>Writes all of it, waiting for room.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        while (!buffer.IsEmpty)
        {
            token.ThrowIfCancellationRequested();
            Task changed;
            lock (_lock)
            {
                if (_reset is not null)
                    throw _reset;
                if (_ended)
                    return;
                var count = Math.Min(capacity - _bytes.Count, buffer.Length);
                foreach (var b in buffer.Span[..count])
                    _bytes.Enqueue(b);
                buffer = buffer[count..];
                if (count > 0)
                    Pulse();
                changed = _changed.Task;
            }

            if (!buffer.IsEmpty)
                await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    /// <summary>No more is written: a reader gets what is there, then the end.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Pulse();
        }
    }

    /// <summary>Fails readers and writers at once.</summary>
    public void Reset(ConnectionCloseReason reason)
    {
        lock (_lock)
        {
            _reset ??= new ConnectionClosedException(reason, "The in-memory connection was aborted.");
            Pulse();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _bytes.Count);
        for (var i = 0; i < count; i++)
            buffer[i] = _bytes.Dequeue();
        if (count > 0)
            Pulse();
        return count;
    }

    private void Pulse()
    {
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }
}
