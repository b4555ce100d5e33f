using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm.Metrics;

namespace PeerNet.Swarm.Streams;

/// <summary>
/// Serves inbound streams. One loop for each connection accepts; each stream is then negotiated and handled on its own pool thread, so that
/// neither a slow negotiation nor a slow handler holds up the next stream. Whatever ends a stream, its scope goes back when it has ended.
/// </summary>
internal sealed class StreamDispatcher(SwarmContext context, HandlerRegistry handlers, Action<PeerId, string, string, string> misbehaved)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _idle;
    private int _running;

    /// <summary>Inbound streams that are negotiated or handled now.</summary>
    public int Running => Volatile.Read(ref _running);

    /// <summary>The handler that serves a protocol on a connection, or null.</summary>
    public HandlerRegistration? Find(PeerConnection connection, ProtocolId protocol)
    {
        var handler = handlers.Find(protocol);
        return handler is not null && (!connection.IsLimited || handler.Options.RunOnLimitedConnections) ? handler : null;
    }

    /// <summary>Accepts a connection's streams until it ends.</summary>
    public async Task AcceptAsync(PeerConnection connection)
    {
        try
        {
            while (true)
            {
                // Waiting here leaves further streams in the multiplexer, whose backlog the peer pays for.
                await connection.Negotiating.WaitAsync(connection.Ending).ConfigureAwait(false);
                var stream = await connection.Muxed.AcceptStreamAsync(connection.Ending).ConfigureAwait(false);
                if (stream is null)
                    return;
                if (!Start(connection, stream))
                    connection.Negotiating.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
        catch (Exception error)
        {
            SwarmLog.AcceptingStreamsFailed(context.Log, error, connection.Id);
            connection.Abort();
        }
    }

    /// <summary>Negotiates and handles one stream; called on a pool thread.</summary>
    public void Serve(TrackedStream tracked) => _ = ServeAsync(tracked);

    /// <summary>Completes when no inbound stream is handled any more.</summary>
    public Task WhenIdle()
    {
        lock (_lock)
        {
            if (_running == 0)
                return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    private bool Start(PeerConnection connection, MuxedStream stream)
    {
        if (context.IsDraining)
        {
            stream.Reset(ErrorCodes.StreamShutdown);
            return false;
        }

        if (!context.Resources.TryOpenStream(connection.Peer, Direction.Inbound, out var scope, out _) || scope is null)
        {
            context.Metrics.StreamRefused(Direction.Inbound);
            stream.Reset(ErrorCodes.StreamResourceLimit);
            return false;
        }

        Interlocked.Increment(ref _running);
        var tracked = new TrackedStream(connection, stream, scope, context.Time.GetInstant());
        tracked.Attach();
        ThreadPool.UnsafeQueueUserWorkItem(tracked, preferLocal: false);
        return true;
    }

    private async Task ServeAsync(TrackedStream tracked)
    {
        try
        {
            var stream = await NegotiateAsync(tracked).ConfigureAwait(false);
            if (stream is not null)
                await HandleAsync(tracked, stream).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Nothing that a peer or a handler does ends up here.
            SwarmLog.ServingFailed(context.Log, error, tracked.Connection.Id);
            tracked.Stream.Reset();
        }
        finally
        {
            tracked.HandlerEnded(context.Time.GetInstant());
            if (Interlocked.Decrement(ref _running) == 0)
                BecameIdle();
        }
    }

    private async ValueTask<PeerStream?> NegotiateAsync(TrackedStream tracked)
    {
        var connection = tracked.Connection;
        var deadline = context.Deadlines.Rent(context.Options.Streams.NegotiationTimeout, connection.Ending);
        try
        {
            var negotiated = await context.Negotiator.NegotiateInboundAsync(tracked.Stream, connection.IsSupported, deadline.Token).ConfigureAwait(false);
            var handler = Find(connection, negotiated.Protocol);
            if (handler is null)
                return Refuse(tracked, ErrorCodes.StreamNegotiationFailed, "withdrawn");
            if (!tracked.TrySetProtocol(negotiated.Protocol, out _) || !tracked.TryCount(connection.State, handler))
            {
                context.Metrics.StreamRefused(Direction.Inbound);
                return Refuse(tracked, ErrorCodes.StreamResourceLimit, "limit");
            }

            var stream = new PeerStream(negotiated.Stream, negotiated.Protocol, connection.Description, connection.State.CountersOf(negotiated.Protocol));
            tracked.Negotiated(stream);
            context.Metrics.StreamNegotiated(Direction.Inbound, "opened");
            return stream;
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or IOException)
        {
            if (error is NegotiationException { Reason: NegotiationFailure.Malformed })
                misbehaved(connection.Peer, "/multistream/1.0.0", "malformed", error.Message);
            return Refuse(tracked, ErrorCodes.StreamNegotiationFailed, "failed");
        }
        finally
        {
            context.Deadlines.Return(deadline);
            connection.Negotiating.Release();
        }
    }

    private PeerStream? Refuse(TrackedStream tracked, uint code, string outcome)
    {
        context.Metrics.StreamNegotiated(Direction.Inbound, outcome);
        tracked.Stream.Reset(code);
        return null;
    }

    private async ValueTask HandleAsync(TrackedStream tracked, PeerStream stream)
    {
        var connection = tracked.Connection;
        var handler = tracked.Handler!;
        using var activity = SwarmMetrics.Activities.HasListeners() ? SwarmMetrics.Activities.StartActivity("stream.serve") : null;
        activity?.SetTag("protocol", stream.Protocol.Value);
        Deadline? deadline = handler.Options.Deadline is { } limit ? context.Deadlines.Rent(limit, connection.Ending) : null;
        try
        {
            await handler.Handler(stream, deadline?.Token ?? connection.Ending).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            stream.Reset(CodeOf(error));
            if (error is ProtocolViolationException violation)
                misbehaved(connection.Peer, violation.Protocol, "violation", violation.Message);
            else if (error is not (PeerNetException or OperationCanceledException or IOException) && handler.MayLogError(context.Time))
                SwarmLog.HandlerFailed(context.Log, error, stream.Protocol);
        }
        finally
        {
            if (deadline is { } rented)
                context.Deadlines.Return(rented);
        }
    }

    private uint CodeOf(Exception error) => error switch
    {
        ProtocolViolationException => ErrorCodes.StreamProtocolViolation,
        ResourceLimitException => ErrorCodes.StreamResourceLimit,
        OperationCanceledException when context.IsDraining => ErrorCodes.StreamShutdown,
        _ => ErrorCodes.None,
    };

    private void BecameIdle()
    {
        lock (_lock)
        {
            if (_running != 0)
                return;
            _idle?.TrySetResult();
            _idle = null;
        }
    }
}
