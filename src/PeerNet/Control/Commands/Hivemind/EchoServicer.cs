using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>A method of <see cref="EchoServicer"/>.</summary>
internal sealed record EchoMethod(string Name, bool StreamsRequests = false, bool StreamsAnswers = false)
{
    public bool IsStream => StreamsRequests || StreamsAnswers;
}

/// <summary>
/// The servicer that every Hivemind peer of the tests serves. Requests and answers are one protobuf field, number 3, with the payload. Its
/// failures are worded as Python words them.
/// </summary>
internal sealed class EchoServicer(TimeProvider time)
{
    public const string ClassName = "EchoServicer";

    private const byte PayloadTag = (3 << 3) | 2;

    private static readonly MessageShape Shape = new(16, FieldShape.Bytes(1, 1024), FieldShape.Bytes(3, 16 * 1024 * 1024));

    public static IReadOnlyList<EchoMethod> Methods { get; } =
    [
        new("rpc_echo"), new("rpc_who"), new("rpc_fail"), new("rpc_slow"), new("rpc_empty"), new("rpc_big"),
        new("rpc_collect", StreamsRequests: true), new("rpc_count", StreamsAnswers: true),
        new("rpc_echo_stream", true, true), new("rpc_fail_stream", true, true),
    ];

    /// <exception cref="ControlException">There is no such method.</exception>
    public static EchoMethod Find(string name) => Methods.FirstOrDefault(method => method.Name == name) ?? throw new ControlException(ControlErrors.InvalidParameters, $"no method {name}");

    /// <summary>Writes a message with a payload.</summary>
    public static byte[] Request(byte[] payload)
    {
        if (payload.Length == 0)
            return [];
        var writer = new ArrayBufferWriter<byte>();
        writer.Write([PayloadTag]);
        Multiformats.Varint.Write(writer, (ulong)payload.Length);
        writer.Write(payload);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>The payload of a message; what is no message has none.</summary>
    public static byte[] Read(ReadOnlyMemory<byte> message)
    {
        if (!MessageGuard.Check(message.Span, Shape).IsNone)
            return [];
        var input = new Google.Protobuf.CodedInputStream(message.ToArray());
        while (input.ReadTag() is not 0 and var tag)
        {
            if (tag == PayloadTag)
                return input.ReadBytes().ToByteArray();
            input.SkipLastField();
        }

        return [];
    }

    /// <summary>Serves all methods.</summary>
    public IEnumerable<IDisposable> Serve(RpcServer server, string? nameSpace)
    {
        foreach (var method in Methods)
        {
            var name = RpcProtocol.NameOf(ClassName, method.Name, nameSpace);
            yield return method.IsStream
                ? server.HandleStream(name, (_, requests, token) => StreamAsync(method.Name, requests, token))
                : server.Handle(name, (context, request, token) => UnaryAsync(method.Name, context, Read(request), token));
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> UnaryAsync(string method, RpcContext context, byte[] payload, CancellationToken token)
    {
        switch (method)
        {
            case "rpc_echo":
                return Request(payload);
            case "rpc_who":
                return Request(context.Peer.Bytes.ToArray());
            case "rpc_fail":
                throw new RpcHandlerException($"ValueError('{(payload.Length == 0 ? "failed on purpose" : Encoding.UTF8.GetString(payload))}')");
            case "rpc_slow":
                await Task.Delay(TimeSpan.FromSeconds(payload.Length == 0 ? 1 : Number(payload)), time, token).ConfigureAwait(false);
                return Request("slept"u8.ToArray());
            case "rpc_big":
                return Request(new byte[(int)Number(payload)]);
            default:
                return default;
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> StreamAsync(string method, IAsyncEnumerable<ReadOnlyMemory<byte>> requests, [EnumeratorCancellation] CancellationToken token)
    {
        var collected = new List<byte>();
        await foreach (var request in requests.WithCancellation(token).ConfigureAwait(false))
        {
            var payload = Read(request);
            if (method == "rpc_fail_stream" && payload.AsSpan().SequenceEqual("fail"u8))
                throw new RpcHandlerException("failed on purpose");
            if (method is "rpc_echo_stream" or "rpc_fail_stream")
                yield return Request(payload);
            else
                collected.AddRange(payload);
        }

        if (method == "rpc_collect")
            yield return Request([.. collected]);
        for (var i = 0; method == "rpc_count" && i < Number([.. collected]); i++)
            yield return Request(Encoding.ASCII.GetBytes(i.ToString()));
    }

    private static double Number(byte[] text)
        => double.TryParse(Encoding.UTF8.GetString(text), out var number) && number is >= 0 and < 1 << 22 ? number : throw new RpcHandlerException("ValueError('no number')");
}
