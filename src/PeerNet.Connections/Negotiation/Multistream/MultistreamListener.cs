using System.Buffers;
using System.Text;
using System.Text.Unicode;
using PeerNet.Core;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>
/// The side that answers, as a machine: bytes in, bytes out, no I/O. The header is to be sent from the start; a driver that first waits a
/// moment for the peer's bytes sends header and answer in one piece. Take the output (<see cref="TryTransmit"/>) after every
/// <see cref="Receive"/>, when it has failed too.
/// </summary>
internal sealed class MultistreamListener
{
    private readonly Func<ProtocolId, bool> _isSupported;
    private MultistreamFrameReader _reader;
    private bool _headerReceived;
    private bool _headerSent;
    private bool _agreementSent;
    private int _refusals;
    private int _refusalsSent;

    /// <summary>Starts a negotiation.</summary>
    /// <param name="isSupported">Whether a protocol is served.</param>
    public MultistreamListener(Func<ProtocolId, bool> isSupported) => _isSupported = isSupported;

    /// <summary>What was agreed on, once <see cref="Receive"/> has returned <see cref="OperationStatus.Done"/>.</summary>
    public ProtocolId? Agreed { get; private set; }

    /// <summary>Why it failed, once <see cref="Receive"/> has returned <see cref="OperationStatus.InvalidData"/>.</summary>
    public NegotiationException? Failure { get; private set; }

    /// <summary>Writes what is to be sent now; false when that is nothing.</summary>
    public bool TryTransmit(IBufferWriter<byte> output)
    {
        var any = !_headerSent;
        if (!_headerSent)
            output.Write(MultistreamProtocol.HeaderFrame);
        _headerSent = true;

        // Refusals always come before the agreement, so that two counters are all the queue there is.
        for (; _refusalsSent < _refusals; _refusalsSent++)
        {
            output.Write(MultistreamProtocol.NotAvailableFrame);
            any = true;
        }

        if (Agreed is { } agreed && !_agreementSent)
        {
            output.Advance(MultistreamFrame.Encode(output.GetSpan(MultistreamFrame.Length(agreed)), agreed));
            _agreementSent = true;
            any = true;
        }

        return any;
    }

    /// <inheritdoc cref="MultistreamDialer.Receive" />
    public OperationStatus Receive(ReadOnlySpan<byte> input, out int consumed)
    {
        var rest = input;
        var status = Failure is null ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        while (Agreed is null && status == OperationStatus.NeedMoreData)
        {
            var read = _reader.TryRead(ref rest, out var text, out var fault);
            if (read == OperationStatus.NeedMoreData)
                break;
            status = read == OperationStatus.Done ? OnFrame(text) : FailAtMalformed(fault!);
        }

        consumed = input.Length - rest.Length;
        return Agreed is null ? status : OperationStatus.Done;
    }

    /// <summary>Tells that the peer sends nothing more.</summary>
    public void HandleEnd()
    {
        if (Agreed is not null || Failure is not null)
            return;
        if (_reader.IsInsideFrame)
            Fail(NegotiationFailure.Closed, "the peer's bytes end inside a frame");
        else if (_refusals > 0)
            Fail(NegotiationFailure.Unsupported, "the peer proposed nothing that is supported");
        else
            Fail(NegotiationFailure.Closed, "the peer ended the negotiation");
    }

    private OperationStatus OnFrame(ReadOnlySpan<byte> text)
    {
        if (!_headerReceived)
        {
            if (!text.SequenceEqual(MultistreamProtocol.HeaderText))
                return Fail(NegotiationFailure.Malformed, "the peer's header is another one");
            _headerReceived = true;
            return OperationStatus.NeedMoreData;
        }

        // What could not be echoed cannot be one of ours, and must not become one by replacement characters.
        if (!text.IsEmpty && !text.Contains((byte)'\n') && Utf8.IsValid(text))
        {
            var proposal = new ProtocolId(Encoding.UTF8.GetString(text));
            if (_isSupported(proposal))
            {
                Agreed = proposal;
                return OperationStatus.Done;
            }
        }

        if (++_refusals >= MultistreamProtocol.MaxProposals)
            return Fail(NegotiationFailure.Unsupported, $"the peer made {_refusals} proposals and none is supported");
        return OperationStatus.NeedMoreData;
    }

    // A dialer that counted on its only proposal has sent its first message behind it, which is no multistream-select: what went wrong is
    // the refusal, and that is what the dialer has to hear.
    private OperationStatus FailAtMalformed(string fault) => _refusals > 0
        ? Fail(NegotiationFailure.Unsupported, $"the peer proposed nothing that is supported, and went on as if it had ({fault})")
        : Fail(NegotiationFailure.Malformed, fault);

    private OperationStatus Fail(NegotiationFailure reason, string message)
    {
        Failure = new NegotiationException(reason, $"multistream-select: {message}.");
        return OperationStatus.InvalidData;
    }
}
