using System.Buffers;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Connections.Upgrade;

/// <summary>
/// A secure connection between the multiplexer's negotiation and the multiplexer. Either bytes came behind the negotiation and are to be
/// received first, or the proposal has been sent and the answer is still to arrive in front of the peer's first multiplexer frame.
/// </summary>
internal sealed class NegotiatedSecureConnection : SecureConnection
{
    private readonly SecureConnection _inner;
    private readonly Pushback _pushback = new();
    private MultistreamDialer? _answer;

    /// <summary>After a negotiation that brought more bytes than its own.</summary>
    public NegotiatedSecureConnection(SecureConnection inner, BufferSlice leftover)
    {
        _inner = inner;
        _pushback.Put(leftover);
    }

    /// <summary>With an answer that is still to come.</summary>
    public NegotiatedSecureConnection(SecureConnection inner, MultistreamDialer answer)
    {
        _inner = inner;
        _answer = answer;
    }

    public override RawConnection Raw => _inner.Raw;

    public override ProtocolId Security => _inner.Security;

    public override PublicKey RemoteKey => _inner.RemoteKey;

    public override ProtocolId? EarlyMuxer => _inner.EarlyMuxer;

    public override int FramePrefixBytes => _inner.FramePrefixBytes;

    public override int FrameSuffixBytes => _inner.FrameSuffixBytes;

    public override int MaxFramePlaintext => _inner.MaxFramePlaintext;

    public override int Seal(Span<byte> frame, int plaintextBytes) => _inner.Seal(frame, plaintextBytes);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> sealedFrames, CancellationToken token = default) => _inner.SendAsync(sealedFrames, token);

    public override ValueTask<BufferSlice> ReceiveAsync(CancellationToken token = default)
    {
        if (_answer is not null)
            return ReceiveBehindAnswerAsync(_answer, token);
        if (_pushback.IsEmpty)
            return _inner.ReceiveAsync(token);
        var slice = _pushback.TakeSlice();
        return slice.IsEmpty ? _inner.ReceiveAsync(token) : new ValueTask<BufferSlice>(slice);
    }

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

    private async ValueTask<BufferSlice> ReceiveBehindAnswerAsync(MultistreamDialer answer, CancellationToken token)
    {
        while (true)
        {
            var slice = await _inner.ReceiveAsync(token).ConfigureAwait(false);
            if (slice.IsEmpty)
            {
                answer.HandleEnd();
                throw Refused(answer);
            }

            var status = answer.Receive(slice.Span, out var consumed);
            if (status == OperationStatus.Done && consumed < slice.Length)
            {
                _answer = null;
                return slice.Advance(consumed);
            }

            slice.Release();
            if (status == OperationStatus.InvalidData)
                throw Refused(answer);
            if (status == OperationStatus.Done)
            {
                _answer = null;
                return await _inner.ReceiveAsync(token).ConfigureAwait(false);
            }
        }
    }

    // The multiplexer above knows one way for a connection to end.
    private ConnectionClosedException Refused(MultistreamDialer answer)
    {
        _inner.Abort();
        return new ConnectionClosedException(ConnectionCloseReason.ProtocolViolation, answer.Failure!.Message, 0, answer.Failure);
    }
}
