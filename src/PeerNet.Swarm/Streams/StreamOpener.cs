using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Swarm.Metrics;

namespace PeerNet.Swarm.Streams;

/// <summary>Opens streams: reserve, open, agree on the protocol. Thread-safe.</summary>
internal sealed class StreamOpener(SwarmContext context)
{
    /// <summary>Opens a stream that speaks <paramref name="protocol"/>, or the first of <paramref name="choice"/> that the peer serves.</summary>
    /// <exception cref="LimitedConnectionException">The connection is limited and the options do not allow that.</exception>
    /// <exception cref="ResourceLimitException">A limit of this node is reached.</exception>
    /// <exception cref="NegotiationException">The peer serves none of the protocols, or did not answer in time.</exception>
    /// <exception cref="ConnectionClosedException">The connection has ended.</exception>
    public async ValueTask<PeerStream> OpenAsync(PeerConnection connection, ProtocolId protocol, IReadOnlyList<ProtocolId>? choice, StreamOptions options, CancellationToken token)
    {
        if (choice is { Count: 0 })
            throw new ArgumentException("At least one protocol is needed.", nameof(choice));
        if (connection.IsLimited && !options.AllowLimited)
            throw new LimitedConnectionException(connection.Peer);
        if (choice is { Count: 1 })
            (protocol, choice) = (choice[0], null);

        using var activity = SwarmMetrics.Activities.HasListeners() ? SwarmMetrics.Activities.StartActivity("stream.open") : null;
        var deadline = context.Deadlines.Rent(options.Timeout ?? context.Options.Streams.NegotiationTimeout, token);
        try
        {
            var tracked = await OpenTrackedAsync(connection, deadline.Token).ConfigureAwait(false);
            try
            {
                var negotiated = choice is null && options.AllowLazyNegotiation && context.PeerStore.Supports(connection.Peer, protocol)
                    ? new NegotiatedStream(context.Negotiator.NegotiateLazily(tracked.Stream, protocol), protocol)
                    : await context.Negotiator.NegotiateOutboundAsync(tracked.Stream, choice ?? [protocol], deadline.Token).ConfigureAwait(false);
                if (!tracked.TrySetProtocol(negotiated.Protocol, out var refusal))
                    throw new ResourceLimitException(refusal);
                var stream = new PeerStream(negotiated.Stream, negotiated.Protocol, connection.Description, connection.State.CountersOf(negotiated.Protocol));
                tracked.Negotiated(stream);
                context.Metrics.StreamNegotiated(Direction.Outbound, "opened");
                return stream;
            }
            catch (Exception error)
            {
                context.Metrics.StreamNegotiated(Direction.Outbound, "failed");
                tracked.Stream.Reset(error is ResourceLimitException ? ErrorCodes.StreamResourceLimit : ErrorCodes.StreamNegotiationFailed);
                throw;
            }
        }
        catch (OperationCanceledException error) when (!token.IsCancellationRequested)
        {
            throw new NegotiationException(NegotiationFailure.TimedOut, $"Peer {connection.Peer} did not agree on {Name(protocol, choice)} in time.", error);
        }
        finally
        {
            context.Deadlines.Return(deadline);
        }
    }

    private static string Name(ProtocolId protocol, IReadOnlyList<ProtocolId>? choice) => choice is null ? protocol.Value : string.Join(" or ", choice);

    private async ValueTask<TrackedStream> OpenTrackedAsync(PeerConnection connection, CancellationToken token)
    {
        if (!context.Resources.TryOpenStream(connection.Peer, Direction.Outbound, out var scope, out var refusal) || scope is null)
        {
            context.Metrics.StreamRefused(Direction.Outbound);
            throw new ResourceLimitException(refusal);
        }

        MuxedStream stream;
        try
        {
            stream = await connection.Muxed.OpenStreamAsync(token).ConfigureAwait(false);
        }
        catch
        {
            scope.Dispose();
            throw;
        }

        var tracked = new TrackedStream(connection, stream, scope, context.Time.GetInstant());
        tracked.Attach();
        return tracked;
    }
}
