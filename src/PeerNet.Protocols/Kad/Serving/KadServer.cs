using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Core.Wire;
using PeerNet.Protocols.Kad.Wire;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet.Protocols.Kad.Serving;

/// <summary>
/// Serves streams: requests one after the other, each answered before the next is read, as fast as the peer's budget allows. Thread-safe.
/// </summary>
internal sealed class KadServer(SwarmHost swarm, KadOptions options, KadResponder responder)
{
    // As go: a stream may lie idle, or take for one request, this long.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(1);

    // Implementation limit: a peer that does not read its answer holds no more than one.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly PeerBudgets _budgets = new(options.RequestBurstPerPeer, options.RequestsPerSecondPerPeer);

    /// <summary>Serves one stream until the peer ends it, is silent for too long, or breaks the protocol.</summary>
    public async ValueTask ServeAsync(PeerStream stream, CancellationToken token)
    {
        using var reader = new FrameReader(stream);
        using var writer = new FrameWriter();
        while (true)
        {
            await WaitForBudgetAsync(stream, token).ConfigureAwait(false);
            if (await ReadAsync(stream, reader, token).ConfigureAwait(false) is not { } request)
                return;
            var reply = await responder.AnswerAsync(request, stream.Connection, token).ConfigureAwait(false);
            KadMetrics.Served(request.Type, reply.Refusal ?? "ok");
            if (reply.Misbehaviour is { } misbehaviour)
                swarm.ReportMisbehaviour(stream.Peer, misbehaviour);
            if (reply.Refusal is not null)
            {
                stream.Reset(reply.Misbehaviour is null ? ErrorCodes.None : ErrorCodes.StreamProtocolViolation);
                return;
            }

            if (reply.Answer is null)
                continue;
            KadWriter.Write(writer, reply.Answer);
            using var deadline = swarm.Time.CreateDeadline(AnswerTimeout, token);
            await writer.SendAsync(stream, deadline.Token).ConfigureAwait(false);
        }
    }

    /// <summary>The next request; null when there is none any more, and the stream has been ended.</summary>
    private async ValueTask<KadMessage?> ReadAsync(PeerStream stream, FrameReader reader, CancellationToken token)
    {
        using var deadline = swarm.Time.CreateDeadline(RequestTimeout, token);
        Frame frame;
        try
        {
            frame = await reader.ReadAsync(KadProtocol.MaxRequestBytes, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // Idle, or dripping: the stream ends in good order, and the peer opens another when it has something to ask.
            return null;
        }

        if (frame.IsEnd)
            return null;
        var fault = default(MessageFault);
        if (frame.IsMessage && KadReader.TryRead(frame.Message.Span, out var request, out fault))
            return request;
        var detail = frame.IsMessage ? $"sent a request that is none: {fault}" : frame.Describe();
        swarm.ReportMisbehaviour(stream.Peer, new Misbehaviour(options.Protocol.Value, "malformed", detail));
        stream.Reset(ErrorCodes.StreamProtocolViolation);
        return null;
    }

    // What comes too fast is not read: the peer's own window fills, and nothing is stored for it here.
    private async ValueTask WaitForBudgetAsync(PeerStream stream, CancellationToken token)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_lock)
                wait = _budgets.Take(stream.Peer, swarm.Time.GetInstant());
            if (wait == TimeSpan.Zero)
                return;
            await Task.Delay(wait < RequestTimeout ? wait.ForTimer() : RequestTimeout, swarm.Time, token).ConfigureAwait(false);
        }
    }
}
