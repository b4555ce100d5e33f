using System.Runtime.CompilerServices;
using PeerNet.Core.Buffers;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Connections.Muxing.Yamux;

/// <summary>
/// The sending half of the driver. Writers lay frames into one pending block; whoever finds that nothing is being sent becomes the sender
/// and sends on its own thread, at once and without a timer. What is written during a send goes out together with the next. Two blocks
/// take turns; an idle connection holds none. Members say whether they are called under the gate.
/// </summary>
internal sealed class YamuxSender(YamuxConnection connection, Core.Connections.SecureConnection secure) : IThreadPoolWorkItem
{
    /// <summary>Blocks that one thread sends before it hands over to the pool: a writer is not to work for the others for ever.</summary>
    private const int MaxRounds = 4;

    /// <summary>A link that takes fewer bytes a second than this counts as dead.</summary>
    private const int MinBytesPerSecond = 4 * 1024;

    /// <summary>
    /// After so many sends without anything received in between, traffic goes one way and nobody waits for an answer: a small send is then
    /// handed to the pool, and what is written until the pool gets to it goes along. A request, its rest and its answer stay without a hop.
    /// </summary>
    private const int MaxUnansweredSends = 2;

    /// <summary>A pending block of this size is worth a send of its own.</summary>
    private const int WorthwhileBlock = 16 * 1024;

    private SendBlock? _pending;
    private SendBlock? _inFlight;
    private YamuxStream? _firstWriter;
    private YamuxStream? _lastWriter;
    private bool _sending;
    private bool _stopped;
    private bool _handOver;
    private int _unansweredSends;
    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter _send;
    private Action? _onSent;
    private TaskCompletionSource? _idle;

    /// <summary>When the send under way counts as stuck; never while none waits for the transport.</summary>
    public Instant StuckAt { get; private set; } = Instant.MaxValue;

    /// <summary>Takes the sending role when there is something to send and nobody has it. The caller then calls <see cref="Run"/> outside the gate. Under the gate.</summary>
    public bool TryStart()
    {
        if (_sending || _stopped)
            return false;
        if (_pending is not { IsEmpty: false } && _firstWriter is null && !connection.Session.HasControlDue)
            return false;
        _sending = true;
        _handOver = _unansweredSends >= MaxUnansweredSends && (_pending?.PlaintextBytes ?? 0) < WorthwhileBlock;
        return true;
    }

    /// <summary>Something was received. Under the gate.</summary>
    public void OnReceived() => _unansweredSends = 0;

    /// <summary>Lays as much of a write into the block as it and the window take, unless others wait for room. Under the gate.</summary>
    public void AppendAtOnce(YamuxStream writer)
    {
        if (_stopped || _firstWriter is not null)
            return;
        while (TryAppendTurn(writer))
        {
        }
    }

    /// <summary>Queues a waiting writer for room, if its window is open. Under the gate.</summary>
    public void Enqueue(YamuxStream writer)
    {
        if (writer.IsWriterQueued || writer.WriteRest.IsEmpty || writer.State.SendWindow.Available == 0)
            return;
        writer.IsWriterQueued = true;
        if (_lastWriter is null)
            _firstWriter = writer;
        else
            _lastWriter.NextWriter = writer;
        _lastWriter = writer;
    }

    /// <summary>Nothing more is sent. A send under way is left to end by itself. Under the gate.</summary>
    public void Stop()
    {
        _stopped = true;
        _pending?.Clear();
        _idle?.TrySetResult();
    }

    /// <summary>Completes when nothing is being sent and nothing waits to be. Under the gate.</summary>
    public Task WhenIdle()
    {
        if (!_sending || _stopped)
            return Task.CompletedTask;
        return (_idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    /// <summary>Sends until nothing is pending. By the holder of the sending role, outside the gate.</summary>
    public void Run()
    {
        if (_handOver)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        else
            SendAll();
    }

    void IThreadPoolWorkItem.Execute() => SendAll();

    private void SendAll()
    {
        try
        {
            for (var round = 0; _inFlight is { IsEmpty: false } || TakeBlock(); round++)
            {
                if (round == MaxRounds)
                {
                    ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                    return;
                }

                if (!TrySend())
                    return;
            }
        }
        catch (Exception e)
        {
            OnFailed(e);
        }
    }

    /// <summary>Makes the pending block, with all control frames and what waiting writers can add, the one in flight.</summary>
    private bool TakeBlock()
    {
        lock (connection.Gate)
        {
            if (_stopped)
                return false;
            var block = _pending ??= new SendBlock(secure, BufferPool.Shared);
            var session = connection.Session;
            var grants = session.GrantsSent;
            block.AppendControl(session, connection.Now);
            grants = session.GrantsSent - grants;
            connection.OnFramesTaken();
            ServeWriters();
            if (block.IsEmpty)
            {
                _sending = false;
                _idle?.TrySetResult();
                _idle = null;
                return false;
            }

            YamuxMetrics.WindowUpdatesSent(grants, block.HasData);
            if (block.HasData)
                connection.Counters.WindowUpdatesPiggybacked += grants;
            else
                connection.Counters.WindowUpdatesAlone += grants;
            session.OnSent(block.PlaintextBytes);
            (_pending, _inFlight) = (_inFlight, block);
            return true;
        }
    }

    /// <summary>Seals and sends the block in flight. False when the transport takes it later: <see cref="OnSent"/> goes on then.</summary>
    private bool TrySend()
    {
        var block = _inFlight!;
        var sealedFrames = block.Seal();
        var counters = connection.Counters;
        counters.SealedFrames += block.Frames;
        counters.SealedBytes += block.PlaintextBytes;
        counters.Sends++;
        _unansweredSends++;
        counters.BytesSent += sealedFrames.Length;
        YamuxMetrics.Sent(block.Frames, block.PlaintextBytes);
        var send = Begin(block, sealedFrames);
        if (send.IsCompleted)
        {
            End(send, block);
            return true;
        }

        counters.BlockedSends++;
        lock (connection.Gate)
        {
            StuckAt = connection.Now + connection.Options.WriteTimeout + TimeSpan.FromSeconds((double)sealedFrames.Length / MinBytesPerSecond);
            connection.Session.OnSendBlocked();
            ServeWriters();
        }

        connection.Schedule();
        _send = send;
        send.UnsafeOnCompleted(_onSent ??= OnSent);
        return false;
    }

    private void OnSent()
    {
        try
        {
            var send = _send;
            _send = default;
            End(send, _inFlight!);
            lock (connection.Gate)
            {
                StuckAt = Instant.MaxValue;
                connection.Session.OnSendUnblocked(connection.Now);
            }

            SendAll();
        }
        catch (Exception e)
        {
            OnFailed(e);
        }
    }

    private ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter Begin(SendBlock block, ReadOnlyMemory<byte> sealedFrames)
    {
        try
        {
#pragma warning disable CA2012 // The awaiter is used once: at once, or by OnSent.
            return secure.SendAsync(sealedFrames).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        }
        catch
        {
            block.Clear();
            throw;
        }
    }

    private static void End(ConfiguredValueTaskAwaitable.ConfiguredValueTaskAwaiter send, SendBlock block)
    {
        try
        {
            send.GetResult();
        }
        finally
        {
            block.Clear();
        }
    }

    private void OnFailed(Exception e) => connection.Fail(ConnectionCloseReason.TransportFailure, "The connection failed while sending.", inner: e);

    /// <summary>Gives each waiting writer a turn, round and round, until the block is full or nobody can go on.</summary>
    private void ServeWriters()
    {
        while (_firstWriter is { } writer)
        {
            var waits = !writer.WriteRest.IsEmpty;
            if (waits && writer.State.SendWindow.Available > 0 && !TryAppendTurn(writer))
                return;
            _firstWriter = writer.NextWriter;
            if (_firstWriter is null)
                _lastWriter = null;
            writer.NextWriter = null;
            writer.IsWriterQueued = false;
            Enqueue(writer);
        }
    }

    /// <summary>Lays one body of the writer into the pending block. False when there is nothing left, no window, or no room.</summary>
    private bool TryAppendTurn(YamuxStream writer)
    {
        var rest = writer.WriteRest;
        var length = (int)Math.Min((uint)Math.Min(rest.Length, YamuxProtocol.MaxBodyBytes), writer.State.SendWindow.Available);
        if (length == 0)
            return false;
        var block = _pending ??= new SendBlock(secure, BufferPool.Shared);
        length = block.RoomForBody(length);
        if (length == 0)
            return false;
        block.AppendData(connection.Session.StartData(writer.State, length), rest.Span[..length]);
        writer.AdvanceWrite(length);
        return true;
    }
}
