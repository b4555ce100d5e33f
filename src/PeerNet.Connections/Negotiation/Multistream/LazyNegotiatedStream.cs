using System.Buffers;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>
/// A stream whose protocol is proposed together with its first bytes and confirmed by the peer's first bytes, so that negotiating costs no
/// round trip. Whoever comes first sends the proposal: a writer in front of its bytes, a reader or closer on its own. Whoever needs the answer
/// first starts the one task that reads it. Once confirmed, a call costs one comparison more than on the stream below.
/// </summary>
/// <remarks>
/// The end of the sending direction waits for the answer: some peers (js-libp2p) never see an end that arrives in one flight with the
/// protocol's name. A first write that is cancelled leaves an unknown part of the proposal behind and resets the stream.
/// </remarks>
internal sealed class LazyNegotiatedStream : DelegatingStream
{
    private readonly ProtocolId _protocol;
    private readonly TimeSpan _answerTimeout;
    private readonly TimeProvider _time;
    private readonly MultistreamDialer _machine;
    private readonly Pushback _pushback = new();
    private readonly Lock _lock = new();
    private Task? _proposal;
    private Task? _answer;
    private Exception? _failure;
    private bool _readClosed;
    private bool _reset;
    private volatile bool _writesDirectly;
    private volatile bool _readsDirectly;
    private volatile bool _confirmed;

    public LazyNegotiatedStream(MuxedStream inner, ProtocolId protocol, TimeSpan answerTimeout, TimeProvider time)
        : base(inner)
    {
        _protocol = protocol;
        _answerTimeout = answerTimeout;
        _time = time;
        _machine = MultistreamDialer.ForAnswerTo(protocol);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken token = default)
        => _readsDirectly ? Inner.ReadAsync(buffer, token) : ReadConfirmedAsync(buffer, token);

    public override ValueTask<BufferSlice> ReadSliceAsync(CancellationToken token = default)
        => _readsDirectly ? Inner.ReadSliceAsync(token) : ReadConfirmedSliceAsync(token);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
    {
        if (!_writesDirectly)
            return FirstWriteAsync(buffer, token);
        return _failure is null ? Inner.WriteAsync(buffer, token) : ValueTask.FromException(_failure);
    }

    public override async ValueTask CloseWriteAsync(CancellationToken token = default)
    {
        if (!_writesDirectly)
            await FirstWriteAsync(default, token).ConfigureAwait(false);
        if (!_confirmed)
        {
            try
            {
                await AnswerAsync().WaitAsync(_answerTimeout, _time, token).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The end is late enough now to travel alone.
            }
        }

        await Inner.CloseWriteAsync(token).ConfigureAwait(false);
    }

    public override void CloseRead()
    {
        bool now;
        lock (_lock)
        {
            _readClosed = true;
            now = _confirmed;
        }

        // The answer is still to be read; then the direction closes by itself.
        if (now)
            EndReading();
        else if (Volatile.Read(ref _proposal) is not null)
            _ = AnswerAsync();
    }

    public override void Reset(uint code = 0)
    {
        lock (_lock)
            _reset = true;
        _pushback.Drop();
        Inner.Reset(code);
    }

    private async ValueTask<int> ReadConfirmedAsync(Memory<byte> buffer, CancellationToken token)
    {
        await ConfirmAsync(token).ConfigureAwait(false);
        if (!_pushback.IsEmpty)
        {
            var count = _pushback.Take(buffer.Span);
            if (count > 0 || buffer.IsEmpty)
                return count;
        }

        _readsDirectly = true;
        return await Inner.ReadAsync(buffer, token).ConfigureAwait(false);
    }

    private async ValueTask<BufferSlice> ReadConfirmedSliceAsync(CancellationToken token)
    {
        await ConfirmAsync(token).ConfigureAwait(false);
        var slice = _pushback.TakeSlice();
        if (!slice.IsEmpty)
            return slice;
        _readsDirectly = true;
        return await Inner.ReadSliceAsync(token).ConfigureAwait(false);
    }

    private async ValueTask ConfirmAsync(CancellationToken token)
    {
        if (_confirmed)
            return;
        if (Volatile.Read(ref _proposal) is null)
        {
            // A writer that comes meanwhile waits for this task before it writes.
            var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (Interlocked.CompareExchange(ref _proposal, sent.Task, null) is null)
                await ProposeAsync(sent).WaitAsync(token).ConfigureAwait(false);
        }

        await AnswerAsync().WaitAsync(token).ConfigureAwait(false);
    }

    private async Task ProposeAsync(TaskCompletionSource sent)
    {
        try
        {
            await SendProposalAsync(default, default).ConfigureAwait(false);
        }
        catch (PeerNetException)
        {
            // The stream has ended, and whatever is done with it next says so.
        }

        sent.SetResult();
    }

    private async ValueTask FirstWriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        if (Interlocked.CompareExchange(ref _proposal, Task.CompletedTask, null) is { } proposal)
        {
            await proposal.WaitAsync(token).ConfigureAwait(false);
        }
        else
        {
            try
            {
                buffer = buffer[await SendProposalAsync(buffer, token).ConfigureAwait(false)..];
            }
            catch (OperationCanceledException)
            {
                Reset(ErrorCodes.StreamNegotiationFailed);
                throw;
            }
        }

        _writesDirectly = true;
        if (!buffer.IsEmpty)
            await Inner.WriteAsync(buffer, token).ConfigureAwait(false);
    }

    /// <summary>Sends header, proposal and as many of the first bytes as fit beside them; returns how many those are.</summary>
    private async ValueTask<int> SendProposalAsync(ReadOnlyMemory<byte> first, CancellationToken token)
    {
        var block = BufferPool.Shared.RentSmall();
        try
        {
            MultistreamProtocol.HeaderFrame.CopyTo(block.Array);
            var length = MultistreamProtocol.HeaderFrame.Length;
            length += MultistreamFrame.Encode(block.Array.AsSpan(length), _protocol);
            var fitting = Math.Min(first.Length, block.Capacity - length);
            first.Span[..fitting].CopyTo(block.Array.AsSpan(length));
            await Inner.WriteAsync(block.Array.AsMemory(0, length + fitting), token).ConfigureAwait(false);
            return fitting;
        }
        finally
        {
            block.Release();
        }
    }

    private Task AnswerAsync()
    {
        if (Volatile.Read(ref _answer) is { } started)
            return started;
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _answer, answer.Task, null) is { } other)
            return other;
        _ = VerifyAsync(answer);
        return answer.Task;
    }

    /// <summary>Reads the answer. It is not cancelled with the call that needs it: the next one needs it too.</summary>
    private async Task VerifyAsync(TaskCompletionSource answer)
    {
        try
        {
            OperationStatus status;
            do
            {
                var slice = await Inner.ReadSliceAsync().ConfigureAwait(false);
                status = Receive(slice);
            }
            while (status == OperationStatus.NeedMoreData);

            if (status == OperationStatus.Done)
            {
                Confirm();
                answer.SetResult();
                return;
            }

            _failure = _machine.Failure;
            Inner.Reset(ErrorCodes.StreamNegotiationFailed);
            answer.SetException(_machine.Failure!);
        }
        catch (PeerNetException error)
        {
            answer.SetException(error);
        }

        // Nobody may be waiting: CloseRead asks for the answer without looking at it.
        _ = answer.Task.Exception;
    }

    private OperationStatus Receive(BufferSlice slice)
    {
        if (slice.IsEmpty)
        {
            _machine.HandleEnd();
            return OperationStatus.InvalidData;
        }

        var status = _machine.Receive(slice.Span, out var consumed);
        if (status != OperationStatus.Done || consumed == slice.Length)
        {
            slice.Release();
            return status;
        }

        var rest = slice.Advance(consumed);
        lock (_lock)
        {
            if (!_reset)
            {
                _pushback.Put(rest);
                return status;
            }
        }

        rest.Release();
        return status;
    }

    private void Confirm()
    {
        bool closeRead;
        lock (_lock)
        {
            _confirmed = true;
            closeRead = _readClosed;
        }

        if (closeRead)
            EndReading();
    }

    private void EndReading()
    {
        _pushback.Drop();
        Inner.CloseRead();
    }
}
