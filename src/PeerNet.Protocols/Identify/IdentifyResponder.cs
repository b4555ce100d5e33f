using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Identify;

/// <summary>Answers peers that ask, and takes their pushes. Thread-safe.</summary>
internal sealed class IdentifyResponder
{
    private readonly SwarmHost _swarm;
    private readonly IdentifyComposer _composer;
    private readonly IdentifyConsumer _consumer;
    private readonly IdentifyRequester _requester;
    private readonly IdentifyPusher _pusher;
    private readonly IdentifyRateLimiter _limiter;
    private readonly Lock _lock = new();

    public IdentifyResponder(
        SwarmHost swarm, IdentifyOptions options, IdentifyComposer composer, IdentifyConsumer consumer, IdentifyRequester requester, IdentifyPusher pusher)
    {
        _swarm = swarm;
        _composer = composer;
        _consumer = consumer;
        _requester = requester;
        _pusher = pusher;
        _limiter = new IdentifyRateLimiter(options.RateLimits, swarm.Time.GetInstant());
    }

    /// <summary>Answers on one stream.</summary>
    public async ValueTask AnswerAsync(PeerStream stream, CancellationToken token)
    {
        if (!MayServe(stream))
        {
            IdentifyMetrics.Answered("rate-limited");
            stream.Reset(ErrorCodes.StreamRateLimited);
            return;
        }

        // The number is read before the message is made: a change in between is told once more, never lost.
        var revision = _pusher.Revision;
        await IdentifyExchange.TellAsync(stream, _composer.Compose(stream.Connection), token).ConfigureAwait(false);
        if (ConnectionOf(stream) is { } connection)
            _requester.StateOf(connection).Told(revision);
        IdentifyMetrics.Answered("answered");
    }

    /// <summary>Takes a push on one stream.</summary>
    /// <exception cref="ProtocolViolationException">The message is unusable.</exception>
    public async ValueTask TakePushAsync(PeerStream stream, CancellationToken token)
    {
        if (!MayServe(stream))
        {
            IdentifyMetrics.PushReceived("rate-limited");
            stream.Reset(ErrorCodes.StreamRateLimited);
            return;
        }

        var (info, fault) = await IdentifyReader.ReadAsync(stream, stream.Peer, keyRequired: false, token).ConfigureAwait(false);
        if (!fault.IsNone)
        {
            IdentifyMetrics.PushReceived(fault.Word);
            throw new ProtocolViolationException(IdentifyProtocol.Push.Value, $"{fault}.");
        }

        IdentifyMetrics.PushReceived("taken");
        if (ConnectionOf(stream) is { } connection && !_consumer.ConsumePush(connection, info))
            _requester.Refresh(connection);
    }

    private bool MayServe(PeerStream stream)
    {
        lock (_lock)
            return _limiter.TryTake(stream.Connection.RemoteAddress, _swarm.Time.GetInstant());
    }

    private PeerConnection? ConnectionOf(PeerStream stream)
        => _swarm.GetConnections(stream.Peer).FirstOrDefault(connection => ReferenceEquals(connection.Description, stream.Connection));
}
