using System.Text.Json.Nodes;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Swarm;

namespace PeerNet.Control.Commands;

/// <summary>Serves protocols for a driver: <c>handle unhandle</c>.</summary>
internal sealed class HandlerCommands
{
    private readonly PeerNode _node;
    private readonly KeptStreams _streams;
    private readonly Func<string, JsonObject, Task> _emit;
    private readonly Dictionary<string, IDisposable> _handlers = new(StringComparer.Ordinal);
    private readonly Lock _sync = new();

    public HandlerCommands(PeerNode node, KeptStreams streams, Func<string, JsonObject, Task> emit)
    {
        _node = node;
        _streams = streams;
        _emit = emit;
    }

    public void AddTo(ControlCommandTable table)
    {
        table.Add("handle", request =>
        {
            var protocol = request.RequiredText("protocol");
            var mode = request.Text("mode") ?? "echo";
            var options = new HandlerOptions
            {
                RunOnLimitedConnections = request.Flag("limited", fallback: true),
                MaxInboundStreams = (int)request.Number("maxIn", 1024, 1, int.MaxValue),
            };
            var handler = Handler(mode);
            lock (_sync)
            {
                if (_handlers.Remove(protocol, out var old))
                    old.Dispose();
                _handlers[protocol] = _node.Handle(protocol, handler, options);
            }

            return null;
        });
        table.Add("unhandle", request =>
        {
            lock (_sync)
            {
                if (_handlers.Remove(request.RequiredText("protocol"), out var handler))
                    handler.Dispose();
            }

            return null;
        });
    }

    private StreamHandler Handler(string mode) => mode switch
    {
        "echo" => TestProtocols.EchoAsync,
        "sink" => TestProtocols.SinkAsync,
        "reset" => static (stream, _) =>
        {
            stream.Reset();
            return ValueTask.CompletedTask;
        },
        "close" => static (_, _) => ValueTask.CompletedTask,
        "hang" => (stream, token) => KeepAsync(stream, collect: false, token),
        "keep" => (stream, token) => KeepAsync(stream, collect: true, token),
        _ => throw new ControlException(ControlErrors.InvalidParameters, $"\"mode\" is echo, sink, reset, close, hang or keep, not {mode}"),
    };

    private async ValueTask KeepAsync(PeerStream stream, bool collect, CancellationToken token)
    {
        var kept = _streams.Keep(stream, collect, _emit);
        await _emit("stream", new JsonObject { ["stream"] = kept.Handle, ["protocol"] = stream.Protocol.Value, ["peerId"] = stream.Peer.ToString() }).ConfigureAwait(false);
        // The swarm ends a stream when its handler returns: this one returns when both directions have ended.
        await stream.Closed.WaitAsync(token).ConfigureAwait(false);
    }
}
