using System.Buffers;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.Connections.Upgrade;

/// <summary>
/// A raw connection between its negotiation and the security handshake. Either bytes came behind the negotiation and are to be read first,
/// or the proposal still waits to leave in front of the handshake's first message and the answer to arrive in front of the peer's. Once
/// both are past, a call costs one comparison more than on the connection below.
/// </summary>
internal sealed class NegotiatedRawConnection : RawConnection
{
    private readonly RawConnection _inner;
    private readonly Pushback _pushback = new();
    private readonly ProtocolId _proposal;
    private MultistreamDialer? _answer;
    private bool _proposalSent;

    /// <summary>After a negotiation that brought more bytes than its own.</summary>
    public NegotiatedRawConnection(RawConnection inner, BufferSlice leftover)
    {
        _inner = inner;
        _pushback.Put(leftover);
        _proposalSent = true;
    }

    /// <summary>With a negotiation that is still to be held.</summary>
    public NegotiatedRawConnection(RawConnection inner, ProtocolId proposal)
    {
        _inner = inner;
        _proposal = proposal;
        _answer = MultistreamDialer.ForAnswerTo(proposal);
    }

    /// <summary>Why the peer's answer was not the expected one; null as long as it may be.</summary>
    public NegotiationException? Failure { get; private set; }

    public override Multiaddress LocalAddress => _inner.LocalAddress;

    public override Multiaddress RemoteAddress => _inner.RemoteAddress;

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken token = default)
    {
        if (_answer is not null)
            return ReceiveBehindAnswerAsync(_answer, buffer, token);
        if (_pushback.IsEmpty)
            return _inner.ReceiveAsync(buffer, token);
        var count = _pushback.Take(buffer.Span);
        return count == 0 && !buffer.IsEmpty ? _inner.ReceiveAsync(buffer, token) : new ValueTask<int>(count);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default)
        => _proposalSent ? _inner.SendAsync(buffer, token) : SendWithProposalAsync(buffer, token);

    public override ValueTask ShutdownAsync(CancellationToken token = default) => _inner.ShutdownAsync(token);

    public override void Abort()
    {
        _pushback.Drop();
        _inner.Abort();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync().ConfigureAwait(false);
        await _inner.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask SendWithProposalAsync(ReadOnlyMemory<byte> buffer, CancellationToken token)
    {
        _proposalSent = true;
        var prefix = MultistreamProtocol.HeaderFrame.Length + MultistreamFrame.Length(_proposal);
        var joined = new byte[prefix + buffer.Length];
        MultistreamProtocol.HeaderFrame.CopyTo(joined);
        _ = MultistreamFrame.Encode(joined.AsSpan(MultistreamProtocol.HeaderFrame.Length), _proposal);
        buffer.CopyTo(joined.AsMemory(prefix));
        await _inner.SendAsync(joined, token).ConfigureAwait(false);
    }

    private async ValueTask<int> ReceiveBehindAnswerAsync(MultistreamDialer answer, Memory<byte> buffer, CancellationToken token)
    {
        while (true)
        {
            var received = await _inner.ReceiveAsync(buffer, token).ConfigureAwait(false);
            if (buffer.IsEmpty)
                return 0;
            OperationStatus status;
            var consumed = 0;
            if (received == 0)
            {
                answer.HandleEnd();
                status = OperationStatus.InvalidData;
            }
            else
            {
                status = answer.Receive(buffer.Span[..received], out consumed);
            }

            if (status == OperationStatus.InvalidData)
            {
                Failure = answer.Failure;
                throw answer.Failure!;
            }

            if (status == OperationStatus.NeedMoreData)
                continue;
            _answer = null;
            if (consumed == received)
                return await _inner.ReceiveAsync(buffer, token).ConfigureAwait(false);
            buffer.Span[consumed..received].CopyTo(buffer.Span);
            return received - consumed;
        }
    }
}
