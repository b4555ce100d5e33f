using System.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Control;

/// <summary>One stream kept open for a driver, and what has arrived on it. Thread-safe.</summary>
internal sealed class KeptStream
{
    /// <summary>Implementation limit: what arrives is collected up to here, then the peer's window fills.</summary>
    private const int MaxCollectedBytes = 64 * 1024 * 1024;

    private readonly Lock _sync = new();
    private readonly ArrayBufferWriter<byte> _arrived = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;
    private bool _atEnd;
    private bool _writeClosed;
    private Exception? _error;

    public KeptStream(string handle, PeerStream stream, bool collect)
    {
        Handle = handle;
        Stream = stream;
        if (collect)
            _ = CollectAsync();
    }

    public string Handle { get; }

    public PeerStream Stream { get; }

    /// <summary>Completes when the driver is done with the stream, or the stream with the driver.</summary>
    public Task Ended => Task.WhenAny(_ended.Task, Stream.Closed);

    /// <summary>Whether the peer has ended its direction, or the stream was reset.</summary>
    public bool IsReadEnded
    {
        get
        {
            lock (_sync)
                return _atEnd;
        }
    }

    /// <summary>Whether this node has ended its direction.</summary>
    public bool IsWriteEnded => Volatile.Read(ref _writeClosed) || Stream.Closed.IsCompleted;

    /// <summary>What ended the stream early; null if nothing did.</summary>
    public Exception? Error
    {
        get
        {
            lock (_sync)
                return _error;
        }
    }

    /// <summary>Ends this node's direction.</summary>
    public async ValueTask CloseWriteAsync(CancellationToken token)
    {
        await Stream.CloseWriteAsync(token).ConfigureAwait(false);
        Volatile.Write(ref _writeClosed, true);
    }

    /// <summary>Waits for at least <paramref name="count"/> bytes or the end, and takes up to that many.</summary>
    public async ValueTask<KeptRead> ReadAsync(int count, CancellationToken token)
    {
        while (true)
        {
            Task changed;
            KeptRead? read = null;
            lock (_sync)
            {
                if (_arrived.WrittenCount - _taken >= count || _atEnd)
                    read = Take(count);
                changed = _changed.Task;
            }

            if (read is { } taken)
            {
                // The collector may be waiting for room.
                Signal();
                return taken;
            }

            await changed.WaitAsync(token).ConfigureAwait(false);
        }
    }

    private KeptRead Take(int count)
    {
        var available = Math.Min(count, _arrived.WrittenCount - _taken);
        var bytes = _arrived.WrittenSpan.Slice(_taken, available).ToArray();
        _taken += available;
        if (_taken == _arrived.WrittenCount)
        {
            _arrived.ResetWrittenCount();
            _taken = 0;
        }

        return new KeptRead(bytes, _atEnd, _error);
    }

    private async Task CollectAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var count = await Stream.ReadAsync(buffer).ConfigureAwait(false);
                if (count == 0)
                    break;
                Add(buffer.AsSpan(0, count));
                while (Collected >= MaxCollectedBytes)
                    await Task.WhenAny(Changed, Stream.Closed).ConfigureAwait(false);
            }

            End(null);
        }
        catch (PeerNetException error)
        {
            End(error);
        }
    }

    private int Collected
    {
        get
        {
            lock (_sync)
                return _arrived.WrittenCount - _taken;
        }
    }

    private Task Changed
    {
        get
        {
            lock (_sync)
                return _changed.Task;
        }
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_sync)
            _arrived.Write(bytes);
        Signal();
    }

    private void End(Exception? error)
    {
        lock (_sync)
        {
            _atEnd = true;
            _error = error;
        }

        Signal();
        _ended.TrySetResult();
    }

    private void Signal()
    {
        TaskCompletionSource changed;
        lock (_sync)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}

/// <summary>What was taken from a kept stream.</summary>
internal readonly record struct KeptRead(byte[] Bytes, bool Ended, Exception? Error);
