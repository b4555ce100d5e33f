namespace PeerNet.Core.Connections;

/// <summary>
/// Agrees with the peer on what a new stream is for (multistream-select). None of the methods has a deadline of its own for the exchange:
/// pass a token that has one. A failed or cancelled negotiation leaves the stream to the caller, who resets it. Thread-safe.
/// </summary>
public interface IStreamNegotiator
{
    /// <summary>Proposes protocols in order until the peer takes one: one round trip for the first, one more for each refusal.</summary>
    /// <exception cref="Errors.NegotiationException">The peer takes none, or does not speak multistream-select.</exception>
    ValueTask<NegotiatedStream> NegotiateOutboundAsync(MuxedStream stream, IReadOnlyList<ProtocolId> protocols, CancellationToken token = default);

    /// <summary>
    /// Takes the peer's consent for granted: nothing is sent and nothing awaited here. The proposal rides in front of the first write, the
    /// answer is verified by the first read. Only for a protocol that the peer is known to speak: if it refuses, what was written is lost, the
    /// stream is reset and calls fail with <see cref="Errors.NegotiationException"/>.
    /// </summary>
    MuxedStream NegotiateLazily(MuxedStream stream, ProtocolId protocol);

    /// <summary>Answers the peer's proposals until one is supported.</summary>
    /// <exception cref="Errors.NegotiationException">The peer gave up, proposed without end, or does not speak multistream-select.</exception>
    ValueTask<NegotiatedStream> NegotiateInboundAsync(MuxedStream stream, Func<ProtocolId, bool> isSupported, CancellationToken token = default);
}

/// <summary>A stream and what was agreed on.</summary>
/// <param name="Stream">The stream to go on with; it is not always the one that went in.</param>
/// <param name="Protocol">The protocol.</param>
public readonly record struct NegotiatedStream(MuxedStream Stream, ProtocolId Protocol);
