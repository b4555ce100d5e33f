using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using PeerNet.Core.Errors;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>Calls with bytes of the driver's choice: <c>callUnary callStream callServicer</c>.</summary>
internal sealed class CallCommands(PeerNode node, HivemindSwarm swarm)
{
    // Implementation limit: longer answers are shown by size and hash alone.
    private const int MaxShownBytes = 64 * 1024;

    public void AddTo(ControlCommandTable table)
    {
        table.Add("callUnary", async (request, token) =>
        {
            var start = node.Swarm.Time.GetTimestamp();
            var answer = await UnaryAsync(request, request.RequiredText("name"), request.Payload(), token).ConfigureAwait(false);
            var shown = Shown(answer.Span);
            shown["rtt"] = Math.Round(node.Swarm.Time.GetElapsedTime(start).TotalMilliseconds, 3);
            return shown;
        });
        table.Add("callStream", (request, token) => Told(request.RequiredText("name"), () => StreamAsync(request, token)));
        table.Add("callServicer", async (request, token) =>
        {
            var method = EchoServicer.Find(request.RequiredText("method"));
            var name = RpcProtocol.NameOf(EchoServicer.ClassName, method.Name, request.Text("namespace"));
            if (!method.IsStream)
                return Shown(EchoServicer.Read(await UnaryAsync(request, name.Value, EchoServicer.Request(request.Payload()), token).ConfigureAwait(false)));
            var requests = method.StreamsRequests ? RecordArguments.Items(request.Arguments, "requests").Select(Payload) : [request.Payload()];
            var answers = await Told(name.Value, async () =>
            {
                var read = new List<byte[]>();
                var sent = Stream(requests.Select(EchoServicer.Request), TimeSpan.Zero, null, token);
                await foreach (var answer in swarm.Client.CallStreamAsync(await TableCommands.PeerAsync(node, request, token).ConfigureAwait(false), name, sent, token).ConfigureAwait(false))
                    read.Add(EchoServicer.Read(answer));
                return read;
            }).ConfigureAwait(false);
            return method.StreamsAnswers ? new JsonObject { ["responses"] = new JsonArray([.. answers.Select(answer => (JsonNode)Shown(answer))]) } : Shown(answers.Single());
        });
    }

    private async Task<ReadOnlyMemory<byte>> UnaryAsync(ControlRequest request, string name, byte[] payload, CancellationToken token) => await Told(name, async () =>
    {
        var peer = await TableCommands.PeerAsync(node, request, token).ConfigureAwait(false);
        TimeSpan? timeout = request.Has("ms") ? TimeSpan.FromMilliseconds(request.Number("ms", 0, 1)) : null;
        await swarm.Dht.FindAddressesAsync(peer, hasFailed: false, token).ConfigureAwait(false);
        return await swarm.Client.CallAsync(peer, name, payload, timeout, token).ConfigureAwait(false);
    }).ConfigureAwait(false);

    private async ValueTask<JsonNode?> StreamAsync(ControlRequest request, CancellationToken token)
    {
        var peer = await TableCommands.PeerAsync(node, request, token).ConfigureAwait(false);
        var requests = RecordArguments.Items(request.Arguments, "requests").Select(Payload).ToArray();
        var limit = request.Has("cancelAfter") ? request.Number("cancelAfter", 0) : long.MaxValue;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = Stream(requests, TimeSpan.FromMilliseconds(request.Number("every", 0)), request.Flag("hold") ? done.Task : null, token);
        var start = node.Swarm.Time.GetTimestamp();
        var responses = new JsonArray();
        try
        {
            await foreach (var answer in swarm.Client.CallStreamAsync(peer, request.RequiredText("name"), sent, token).ConfigureAwait(false))
            {
                var shown = Shown(answer.Span);
                shown["ms"] = Math.Round(node.Swarm.Time.GetElapsedTime(start).TotalMilliseconds, 3);
                responses.Add((JsonNode)shown);
                if (responses.Count >= limit)
                    break;
            }
        }
        finally
        {
            done.TrySetResult();
        }

        return new JsonObject { ["responses"] = responses, ["cancelled"] = responses.Count >= limit };
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> Stream(IEnumerable<byte[]> requests, TimeSpan every, Task? hold, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken token)
    {
        var isFirst = true;
        foreach (var request in requests)
        {
            if (!isFirst && every > TimeSpan.Zero)
                await Task.Delay(every, node.Swarm.Time, token).ConfigureAwait(false);
            isFirst = false;
            yield return request;
        }

        if (hold is not null)
            await hold.WaitAsync(token).ConfigureAwait(false);
    }

    // Failures under the names that other peers give them, in words that a driver may look for.
    private static async ValueTask<T> Told<T>(string name, Func<ValueTask<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RpcException error)
        {
            throw error switch
            {
                { Reason: RpcFailure.TimedOut } => new ControlException(ControlErrors.Timeout, error.Message),
                { Reason: RpcFailure.TooLarge } => new ControlException(ControlErrors.ResourceLimit, $"Message size exceeds the limit: {error.Message}"),
                { InnerException: NegotiationException } => new ControlException(ControlErrors.UnsupportedProtocol, $"protocols not supported: [{name}]"),
                { Reason: RpcFailure.Remote } => new ControlException("P2PHandlerError", error.Message),
                _ => new ControlException(ControlErrors.Other, error.Message),
            };
        }
    }

    private static byte[] Payload(JsonElement request)
        => request.Member("hex") is { } hex ? RecordArguments.Hex(hex)
            : request.Member("text") is { } text ? System.Text.Encoding.UTF8.GetBytes(text.GetString() ?? "")
            : RandomNumberGenerator.GetBytes(request.Member("size") is { } size && size.TryGetInt32(out var count) && count is >= 0 and <= 1 << 28 ? count : 32);

    private static JsonObject Shown(ReadOnlySpan<byte> bytes)
    {
        var shown = new JsonObject { ["size"] = bytes.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        if (bytes.Length <= MaxShownBytes)
            shown["hex"] = Convert.ToHexStringLower(bytes);
        return shown;
    }
}
