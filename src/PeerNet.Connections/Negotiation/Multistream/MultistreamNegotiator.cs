using PeerNet.Core;
using PeerNet.Core.Connections;

namespace PeerNet.Connections.Negotiation.Multistream;

/// <summary>Negotiates what streams are for with multistream-select 1.0.0.</summary>
public sealed class MultistreamNegotiator : IStreamNegotiator
{
    /// <summary>How long the end of a lazily negotiated stream's sending direction waits for the peer's answer, unless told otherwise.</summary>
    public static readonly TimeSpan DefaultAnswerTimeout = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _answerTimeout;
    private readonly TimeProvider _time;

    /// <summary>Creates a negotiator.</summary>
    /// <param name="time">The clock for <paramref name="answerTimeout"/>.</param>
    /// <param name="answerTimeout">
    /// How long the end of a lazily negotiated stream's sending direction waits for the peer's answer before it goes out anyway; by default
    /// <see cref="DefaultAnswerTimeout"/>.
    /// </param>
    public MultistreamNegotiator(TimeProvider? time = null, TimeSpan? answerTimeout = null)
    {
        _time = time ?? TimeProvider.System;
        _answerTimeout = answerTimeout ?? DefaultAnswerTimeout;
    }

    /// <inheritdoc />
    public async ValueTask<NegotiatedStream> NegotiateOutboundAsync(MuxedStream stream, IReadOnlyList<ProtocolId> protocols, CancellationToken token = default)
        => WithLeftover(stream, await MultistreamDriver.DialAsync(new StreamCarrier(stream), protocols, token).ConfigureAwait(false));

    /// <inheritdoc />
    public MuxedStream NegotiateLazily(MuxedStream stream, ProtocolId protocol)
        => new LazyNegotiatedStream(stream, protocol, _answerTimeout, _time);

    /// <inheritdoc />
    public async ValueTask<NegotiatedStream> NegotiateInboundAsync(MuxedStream stream, Func<ProtocolId, bool> isSupported, CancellationToken token = default)
        => WithLeftover(stream, await MultistreamDriver.ListenAsync(new StreamCarrier(stream), isSupported, null, token).ConfigureAwait(false));

    private static NegotiatedStream WithLeftover(MuxedStream stream, NegotiationOutcome outcome)
        => new(outcome.Leftover.IsEmpty ? stream : new PushbackStream(stream, outcome.Leftover), outcome.Protocol);
}
