using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>Serves methods in bytes for a driver: <c>serveUnary serveStream serve unserve rpcStats</c>. Their handlers are the node's, over all sessions.</summary>
internal sealed class ServeCommands(PeerNode node, HivemindSwarm swarm)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IDisposable> _handlers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Counts> _counts = new(StringComparer.Ordinal);

    public void AddTo(ControlCommandTable table, Func<string, JsonObject, Task> emit)
    {
        table.Add("serveUnary", request =>
        {
            var name = request.RequiredText("name");
            var mode = request.Text("mode") ?? "echo";
            Replace(name, () => swarm.Server.Handle(name, (context, bytes, token) => UnaryAsync(request, name, mode, emit, context, bytes, token)));
            return new JsonObject { ["name"] = name, ["style"] = "unary", ["mode"] = mode };
        });
        table.Add("serveStream", request =>
        {
            var name = request.RequiredText("name");
            var mode = request.Text("mode") ?? "echo";
            Replace(name, () => swarm.Server.HandleStream(name, (context, requests, token) => StreamAsync(request, name, mode, emit, context, requests, token)));
            return new JsonObject { ["name"] = name, ["style"] = "stream", ["mode"] = mode, ["streamInput"] = request.Flag("streamInput", true), ["streamOutput"] = request.Flag("streamOutput", true) };
        });
        table.Add("serve", request => new JsonObject { ["handlers"] = Serve(request.Text("namespace")) });
        table.Add("unserve", request =>
        {
            var name = request.RequiredText("name");
            lock (_lock)
            {
                if (!_handlers.Remove(name, out var handler))
                    throw new ControlException(ControlErrors.NotFound, $"{name} is not served");
                handler.Dispose();
            }

            return new JsonObject { ["name"] = name };
        });
        table.Add("rpcStats", _ =>
        {
            lock (_lock)
            {
                return new JsonObject
                {
                    ["handlers"] = new JsonObject(_counts.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)new JsonObject
                    {
                        ["calls"] = entry.Value.Calls,
                        ["cancelled"] = entry.Value.Cancelled,
                        ["failed"] = entry.Value.Failed,
                        ["done"] = entry.Value.Done,
                    }))),
                };
            }
        });
    }

    /// <summary>Serves the echo servicer under a namespace.</summary>
    public JsonArray Serve(string? nameSpace)
    {
        var handlers = new JsonArray();
        var servicer = new EchoServicer(node.Swarm.Time);
        foreach (var (method, handler) in EchoServicer.Methods.Zip(servicer.Serve(swarm.Server, nameSpace)))
        {
            var name = RpcProtocol.NameOf(EchoServicer.ClassName, method.Name, nameSpace).Value;
            lock (_lock)
                _handlers[name] = handler;
            handlers.Add((JsonNode)new JsonObject { ["name"] = name, ["streamInput"] = method.StreamsRequests, ["streamOutput"] = method.StreamsAnswers });
        }

        return handlers;
    }

    private void Replace(string name, Func<IDisposable> handle)
    {
        lock (_lock)
        {
            if (_handlers.Remove(name, out var old))
                old.Dispose();
            _handlers[name] = handle();
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> UnaryAsync(
        ControlRequest request, string name, string mode, Func<string, JsonObject, Task> emit, RpcContext context, ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        Count(name, counts => counts.Calls++);
        if (request.Flag("trace"))
            await emit("rpc", Seen(name, context, bytes)).ConfigureAwait(false);
        try
        {
            if (mode == "fail")
                throw new RpcHandlerException($"ValueError('{request.Text("error") ?? "failed on purpose"}')");
            if (mode is "slow" or "hang")
                await Task.Delay(mode == "hang" ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(request.Number("ms", 1000)), node.Swarm.Time, token).ConfigureAwait(false);
            Count(name, counts => counts.Done++);
            return mode switch
            {
                "empty" => default,
                "fixed" => Convert.FromHexString(request.Text("hex") ?? ""),
                "size" => new byte[request.Number("size", 0, 0, 1 << 28)],
                _ => bytes,
            };
        }
        catch (OperationCanceledException)
        {
            Count(name, counts => counts.Cancelled++);
            await emit("rpc:cancelled", new JsonObject { ["handler"] = name, ["peerId"] = context.Peer.ToString() }).ConfigureAwait(false);
            throw;
        }
        catch (RpcHandlerException)
        {
            Count(name, counts => counts.Failed++);
            throw;
        }
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> StreamAsync(
        ControlRequest request, string name, string mode, Func<string, JsonObject, Task> emit, RpcContext context, IAsyncEnumerable<ReadOnlyMemory<byte>> requests, [EnumeratorCancellation] CancellationToken token)
    {
        Count(name, counts => counts.Calls++);
        var isDone = false;
        var answered = 0L;
        var collected = new List<byte>();
        try
        {
            if (mode == "hang")
                await Task.Delay(Timeout.InfiniteTimeSpan, node.Swarm.Time, token).ConfigureAwait(false);
            await foreach (var bytes in requests.WithCancellation(token).ConfigureAwait(false))
            {
                if (request.Flag("trace"))
                    await emit("rpc", Seen(name, context, bytes)).ConfigureAwait(false);
                if (mode == "fail" && answered >= request.Number("after", 1))
                {
                    Count(name, counts => counts.Failed++);
                    isDone = true;
                    throw new RpcHandlerException(request.Text("error") ?? "failed on purpose");
                }

                if (mode == "slow")
                    await Task.Delay(TimeSpan.FromMilliseconds(request.Number("ms", 1000)), node.Swarm.Time, token).ConfigureAwait(false);
                answered++;
                if (mode == "collect")
                    collected.AddRange(bytes.Span);
                else if (mode != "count")
                    yield return bytes;
            }

            if (mode == "collect")
                yield return collected.ToArray();
            for (var i = 0; mode == "count" && i < request.Number("count", 3); i++)
                yield return Encoding.ASCII.GetBytes(i.ToString());
            Count(name, counts => counts.Done++);
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                Count(name, counts => counts.Cancelled++);
                await emit("rpc:cancelled", new JsonObject { ["handler"] = name, ["peerId"] = context.Peer.ToString() }).ConfigureAwait(false);
            }
        }
    }

    private static JsonObject Seen(string name, RpcContext context, ReadOnlyMemory<byte> bytes)
        => new() { ["handler"] = name, ["peerId"] = context.Peer.ToString(), ["hex"] = Convert.ToHexStringLower(bytes.Span) };

    private void Count(string name, Action<Counts> change)
    {
        lock (_lock)
        {
            if (!_counts.TryGetValue(name, out var counts))
                _counts[name] = counts = new Counts();
            change(counts);
        }
    }

    private sealed class Counts
    {
        public long Calls { get; set; }

        public long Cancelled { get; set; }

        public long Failed { get; set; }

        public long Done { get; set; }
    }
}
