using System.Text.Json.Nodes;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Swarm;

namespace PeerNet.Control.Commands;

/// <summary>Streams under a handle: <c>open write read closeWrite close closeRead reset streamStatus echo</c>.</summary>
internal static class StreamCommands
{
    private const int DefaultChunk = 64 * 1024;

    public static void Add(ControlCommandTable table, PeerNode node, KeptStreams streams, Func<string, JsonObject, Task> emit)
    {
        table.Add("open", async (request, token) =>
        {
            var protocols = request.Texts(request.Has("protocols") ? "protocols" : "protocol").Select(ProtocolId.FromString).ToArray();
            var stream = await OpenAsync(node, request, protocols, token).ConfigureAwait(false);
            var kept = streams.Keep(stream, collect: true, emit);
            return new JsonObject { ["stream"] = kept.Handle, ["protocol"] = stream.Protocol.Value, ["streamId"] = stream.Id.ToString() };
        });
        table.Add("write", async (request, token) =>
        {
            var data = request.Payload();
            await Kept(streams, request).Stream.WriteAsync(data, token).ConfigureAwait(false);
            return new JsonObject { ["bytes"] = data.Length };
        });
        table.Add("read", async (request, token) =>
        {
            var read = await Kept(streams, request).ReadAsync((int)request.Number("bytes", 1, 0, 1 << 30), token).ConfigureAwait(false);
            var result = new JsonObject { ["hex"] = Convert.ToHexStringLower(read.Bytes), ["ended"] = read.Ended, ["error"] = read.Error?.Message };
            if (read.Error is StreamResetException { Code: not 0 } reset)
                result["code"] = reset.Code;
            return result;
        });
        table.Add("closeWrite", async (request, token) =>
        {
            await Kept(streams, request).CloseWriteAsync(token).ConfigureAwait(false);
            return null;
        });
        table.Add("close", async (request, token) =>
        {
            await Kept(streams, request).Stream.DisposeAsync().AsTask().WaitAsync(token).ConfigureAwait(false);
            return null;
        });
        table.Add("closeRead", request =>
        {
            Kept(streams, request).Stream.CloseRead();
            return null;
        });
        table.Add("reset", request =>
        {
            Kept(streams, request).Stream.Reset((uint)request.Number("code", 0, 0, uint.MaxValue));
            return null;
        });
        table.Add("streamStatus", request =>
        {
            var kept = Kept(streams, request);
            return new JsonObject
            {
                ["status"] = kept.Error is not null ? "reset" : State(kept.Stream.Closed.IsCompleted),
                ["readStatus"] = State(kept.IsReadEnded),
                ["writeStatus"] = State(kept.IsWriteEnded),
                ["remoteWriteStatus"] = State(kept.IsReadEnded),
                ["received"] = kept.Stream.BytesReceived,
                ["sent"] = kept.Stream.BytesSent,
            };
        });
        table.Add("echo", (request, token) => EchoAsync(node, request, token));
    }

    /// <summary>Opens a stream as the arguments say: to a peer or on a connection, negotiated in full unless <c>lazy</c>.</summary>
    public static async ValueTask<PeerStream> OpenAsync(PeerNode node, ControlRequest request, IReadOnlyList<ProtocolId> protocols, CancellationToken token)
    {
        if (protocols.Count == 0)
            throw new ControlException(ControlErrors.InvalidParameters, "\"protocol\" is missing");
        var options = new StreamOptions { AllowLimited = request.Flag("limited"), AllowLazyNegotiation = request.Flag("lazy") };
        if (request.Text("connId") is { } id)
            return await ConnectionCommands.ById(node, id).OpenStreamAsync(protocols, options, token).ConfigureAwait(false);
        var connection = await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
        return protocols.Count == 1
            ? await node.Swarm.OpenStreamAsync(connection.Peer, protocols[0], options, token).ConfigureAwait(false)
            : await node.Swarm.OpenStreamAsync(connection.Peer, protocols, options, token).ConfigureAwait(false);
    }

    private static string State(bool isClosed) => isClosed ? "closed" : "open";

    private static KeptStream Kept(KeptStreams streams, ControlRequest request) => streams.Get(request.RequiredText("stream"));

    private static async ValueTask<JsonNode?> EchoAsync(PeerNode node, ControlRequest request, CancellationToken token)
    {
        var data = request.Payload();
        var chunk = (int)request.Number("chunk", DefaultChunk, 1, 1 << 30);
        await using var stream = await OpenAsync(node, request, [request.Text("protocol") ?? TestProtocols.Echo.Value], token).ConfigureAwait(false);
        try
        {
            var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var reading = CompareAsync(stream, data, all, token);
            for (var sent = 0; sent < data.Length; sent += chunk)
                await stream.WriteAsync(data.AsMemory(sent, Math.Min(chunk, data.Length - sent)), token).ConfigureAwait(false);

            // A Hivemind daemon takes the end of one direction for the end of both, and may end both with a reset.
            if (node.Hivemind is not null && await Task.WhenAny(all.Task, reading).WaitAsync(token).ConfigureAwait(false) == all.Task)
            {
                stream.Reset();
                await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return new JsonObject { ["bytes"] = data.Length, ["protocol"] = stream.Protocol.Value, ["streamStatus"] = "reset" };
            }

            await stream.CloseWriteAsync(token).ConfigureAwait(false);
            await reading.ConfigureAwait(false);
            return new JsonObject { ["bytes"] = data.Length, ["protocol"] = stream.Protocol.Value, ["streamStatus"] = "closed" };
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private static async Task CompareAsync(PeerStream stream, byte[] expected, TaskCompletionSource all, CancellationToken token)
    {
        var position = 0;
        while (true)
        {
            if (position == expected.Length)
                all.TrySetResult();
            var slice = await stream.ReadSliceAsync(token).ConfigureAwait(false);
            try
            {
                if (slice.IsEmpty)
                    break;
                if (slice.Length > expected.Length - position || !slice.Span.SequenceEqual(expected.AsSpan(position, slice.Length)))
                    throw new ControlException(ControlErrors.Other, $"echo differs somewhere behind byte {position}");
                position += slice.Length;
            }
            finally
            {
                slice.Release();
            }
        }

        if (position != expected.Length)
            throw new ControlException(ControlErrors.Other, $"echo differs: sent {expected.Length} bytes, got {position}");
    }
}
