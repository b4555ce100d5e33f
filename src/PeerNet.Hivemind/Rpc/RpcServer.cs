using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Time;
using PeerNet.Core.Wire;
using PeerNet.Swarm;

namespace PeerNet.Hivemind.Rpc;

/// <summary>Serves methods to peers, in bytes. Disposing a registration ends its method; calls that run stay. Thread-safe.</summary>
public sealed class RpcServer
{
    private readonly SwarmHost _swarm;
    private readonly RpcOptions _options;

    /// <summary>Makes a server over a swarm, which stays the caller's.</summary>
    public RpcServer(SwarmHost swarm, RpcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
        _options = options ?? RpcOptions.Default;
    }

    /// <summary>Serves a unary method.</summary>
    /// <exception cref="InvalidOperationException">The method is served already.</exception>
    public IDisposable Handle(ProtocolId method, UnaryHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return _swarm.Handle(method, (stream, token) => ServeUnaryAsync(stream, handler, token), Options());
    }

    /// <summary>Serves a method with a stream of requests, of answers, or both.</summary>
    /// <exception cref="InvalidOperationException">The method is served already.</exception>
    public IDisposable HandleStream(ProtocolId method, StreamCallHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return _swarm.Handle(method, (stream, token) => new StreamCall(stream, handler, _options, _swarm.Time).RunAsync(token), Options());
    }

    private HandlerOptions Options() => new() { MaxInboundStreams = _options.MaxCallsPerPeer, RunOnLimitedConnections = true };

    private async ValueTask ServeUnaryAsync(PeerStream stream, UnaryHandler handler, CancellationToken token)
    {
        using var reader = new FrameReader(stream);
        using var arrival = _swarm.Time.CreateDeadline(_options.RequestTimeout, token);
        var frame = await reader.ReadAsync(RpcProtocol.MaxEnvelopeBytes, arrival.Token).ConfigureAwait(false);

        // As the daemon does: what is no request is not answered, the stream just ends. A name inside that differs from the negotiated one
        // would be a way around limits by protocol.
        if (!frame.IsMessage || !UnaryCodec.TryDecodeRequest(frame.Message.Span, out var request) || request.Method != stream.Protocol.Value)
            return;

        using var running = _swarm.Time.CreateDeadline(_options.HandlerTimeout, token);
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(token);
        var watch = CallerWatch.RunAsync(stream, running, watching.Token);
        byte[] answer;
        try
        {
            answer = await AnswerAsync(stream, request, handler, running.Token).ConfigureAwait(false);
        }
        finally
        {
            await watching.CancelAsync().ConfigureAwait(false);
        }

        if (await watch.ConfigureAwait(false))
            stream.Reset();
        else
            await FrameWriter.SendAsync(stream, answer, token).ConfigureAwait(false);
    }

    private async Task<byte[]> AnswerAsync(PeerStream stream, UnaryRequest request, UnaryHandler handler, CancellationToken token)
    {
        try
        {
            var response = await handler(new RpcContext(stream.Peer, stream.Protocol), request.Data, token).ConfigureAwait(false);
            HivemindMetrics.Served("unary", "answered");
            _options.Traced?.Invoke(new UnaryTrace(true, stream.Peer, stream.Protocol, request.Data, response, null));
            var envelope = UnaryCodec.EncodeResponse(request.CallId, response);
            return envelope.Length <= RpcProtocol.MaxEnvelopeBytes ? envelope : UnaryCodec.EncodeError(request.CallId, "The response is too large.");
        }
        catch (Exception error)
        {
            // Whatever a handler fails with, the caller is told: without an answer it would wait for its deadline.
            HivemindMetrics.Served("unary", error is OperationCanceledException ? "cancelled" : "failed");
            _options.Traced?.Invoke(new UnaryTrace(true, stream.Peer, stream.Protocol, request.Data, null, error.Message));
            return UnaryCodec.EncodeError(request.CallId, RpcText.ForPeer(error));
        }
    }
}
