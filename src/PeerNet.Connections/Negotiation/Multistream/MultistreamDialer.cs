using System.Buffers;
using System.Text;
using PeerNet.Core;
using PeerNet.Core.Errors;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>
/// The side that proposes, as a machine: bytes in, bytes out, no I/O. The header and the first proposal leave together.
/// <code>
/// propose ──name echoed──▶ agreed
///    │ ◀──"na", next one──┐
///    └──"na", none left, or a breach──▶ failed
/// </code>
/// Take the output (<see cref="TryTransmit"/>) after construction and after every <see cref="Receive"/>. A peer that answers before it is
/// asked is judged as if it had waited.
/// </summary>
internal sealed class MultistreamDialer
{
    private readonly IReadOnlyList<ProtocolId> _proposals;
    private MultistreamFrameReader _reader;
    private int _proposal;
    private bool _headerReceived;
    private bool _headerSent;
    private int _proposalsSent;

    /// <summary>Starts a negotiation.</summary>
    /// <param name="proposals">Names in order of preference; those beyond <see cref="MultistreamProtocol.MaxProposals"/> are not proposed.</param>
    /// <exception cref="ArgumentException">There is no proposal, or one is no name.</exception>
    public MultistreamDialer(IReadOnlyList<ProtocolId> proposals)
    {
        if (proposals.Count == 0)
            throw new ArgumentException("There is nothing to propose.", nameof(proposals));
        foreach (var proposal in proposals)
            _ = MultistreamFrame.Length(proposal);
        _proposals = proposals;
    }

    /// <summary>A machine that judges the answer to one proposal which the caller sends by itself, in front of other bytes.</summary>
    public static MultistreamDialer ForAnswerTo(ProtocolId proposal)
        => new([proposal]) { _headerSent = true, _proposalsSent = 1 };

    /// <summary>What was agreed on, once <see cref="Receive"/> has returned <see cref="OperationStatus.Done"/>.</summary>
    public ProtocolId? Agreed { get; private set; }

    /// <summary>Why it failed, once <see cref="Receive"/> has returned <see cref="OperationStatus.InvalidData"/>.</summary>
    public NegotiationException? Failure { get; private set; }

    private int Limit => Math.Min(_proposals.Count, MultistreamProtocol.MaxProposals);

    /// <summary>Writes what is to be sent now; false when that is nothing.</summary>
    public bool TryTransmit(IBufferWriter<byte> output)
    {
        var due = Math.Min(_proposal + 1, Limit);
        if (_proposalsSent >= due)
            return false;
        if (!_headerSent)
            output.Write(MultistreamProtocol.HeaderFrame);
        _headerSent = true;
        for (; _proposalsSent < due; _proposalsSent++)
        {
            var proposal = _proposals[_proposalsSent];
            output.Advance(MultistreamFrame.Encode(output.GetSpan(MultistreamFrame.Length(proposal)), proposal));
        }

        return true;
    }

    /// <summary>Takes what the peer sent.</summary>
    /// <param name="input">The bytes.</param>
    /// <param name="consumed">
    /// Bytes that belong to the negotiation: all of them as long as it goes on; what follows them once it is done is the application's.
    /// </param>
    public OperationStatus Receive(ReadOnlySpan<byte> input, out int consumed)
    {
        var rest = input;
        var status = Failure is null ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        while (Agreed is null && status == OperationStatus.NeedMoreData)
        {
            var read = _reader.TryRead(ref rest, out var text, out var fault);
            if (read == OperationStatus.NeedMoreData)
                break;
            status = read == OperationStatus.Done ? OnFrame(text) : Fail(NegotiationFailure.Malformed, fault!);
        }

        consumed = input.Length - rest.Length;
        return Agreed is null ? status : OperationStatus.Done;
    }

    /// <summary>Tells that the peer sends nothing more.</summary>
    public void HandleEnd()
    {
        if (Agreed is null && Failure is null)
            Fail(NegotiationFailure.Closed, _reader.IsInsideFrame ? "the peer's bytes end inside a frame" : "the peer ended the negotiation");
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

        var proposal = _proposals[_proposal];
        if (IsName(text, proposal))
        {
            Agreed = proposal;
            return OperationStatus.Done;
        }

        if (!text.SequenceEqual(MultistreamProtocol.NotAvailableText))
            return Fail(NegotiationFailure.Malformed, $"the answer to {proposal} is neither that name nor \"na\"");
        if (++_proposal >= Limit)
            return Fail(NegotiationFailure.Unsupported, $"the peer supports none of {string.Join(", ", _proposals.Take(Limit))}");
        return OperationStatus.NeedMoreData;
    }

    private static bool IsName(ReadOnlySpan<byte> text, ProtocolId protocol)
    {
        // Names are compared byte for byte, without making a string of the peer's.
        Span<byte> name = stackalloc byte[MultistreamProtocol.MaxBodyBytes];
        var length = Encoding.UTF8.GetBytes(protocol.Value, name);
        return text.SequenceEqual(name[..length]);
    }

    private OperationStatus Fail(NegotiationFailure reason, string message)
    {
        Failure = new NegotiationException(reason, $"multistream-select: {message}.");
        return OperationStatus.InvalidData;
    }
}
