using Google.Protobuf;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Fuzz.Targets;

/// <summary>Values: what is read is written and read again as the same value, and dictionaries likewise.</summary>
public sealed class MessagePackTarget : IFuzzTarget
{
    public static string Name => "msgpack";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        var isRead = ValueReader.TryRead(data, out var value, out var fault);
        Oracle.Require(isRead == (fault == ValueFault.None), "a value or a fault");
        if (value is not null)
        {
            var bytes = value.ToBytes();
            Oracle.Require(ValueReader.TryRead(bytes, out var again) && again.Equals(value), "what is written is read");
            Oracle.RequireEqual(bytes, again.ToBytes(), "and has one spelling");
            _ = Subkey.TryDecode(data, out _);
        }

        if (DictionaryCodec.TryDecode(data, out var dictionary))
            Oracle.Require(DictionaryCodec.TryDecode(DictionaryCodec.Encode(dictionary, DhtExpiration.Always), out var same) && same.Items.Count == dictionary.Items.Count, "a dictionary keeps its entries");
    }
}

/// <summary>Envelopes of unary calls and frames of stream calls.</summary>
public sealed class HivemindRpcFrameTarget : IFuzzTarget
{
    public static string Name => "hivemind-rpc-frame";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (UnaryCodec.TryDecodeRequest(data, out var request))
        {
            Oracle.Require(UnaryCodec.TryDecodeRequest(UnaryCodec.EncodeRequest(request.CallId, [], request.Method, request.Data), out var again), "a request is read again");
            Oracle.RequireEqual(request.Data.Span, again.Data.Span, "with its data");
        }

        if (UnaryCodec.TryDecodeResult(data, out var result))
            Oracle.Require(result.Error is null || result.Response.IsEmpty, "a result or an error");
        _ = StreamFrameCodec.DecodeError(data);

        // Memory completes every read at once: nothing is waited for here.
        var reader = new StreamFrameReader(new MemoryStream(data.ToArray()), 4096);
        for (var frames = 0; ; frames++)
        {
            var reading = reader.ReadAsync(default).AsTask();
            Oracle.Require(reading.IsCompleted, "memory does not wait");
            if (reading.Result.Kind is not (StreamFrameKind.Message or StreamFrameKind.ErrorOrEnd))
                break;
            Oracle.Require(frames <= data.Length && reading.Result.Payload.Length <= 4096, "frames are bounded");
        }
    }
}

/// <summary>The table's messages: read without an error, and written again as the same message.</summary>
public sealed class HivemindDhtMessageTarget : IFuzzTarget
{
    public static string Name => "hivemind-dht-message";

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (DhtCodec.TryDecodePingRequest(data, out var pingRequest))
            Oracle.Require(DhtCodec.TryDecodePingRequest(pingRequest.ToByteArray(), out _), "ping request");
        if (DhtCodec.TryDecodePingResponse(data, out var pingResponse))
            Oracle.Require(DhtCodec.TryDecodePingResponse(pingResponse.ToByteArray(), out _), "ping response");
        if (DhtCodec.TryDecodeStoreRequest(data, out var storeRequest))
            Oracle.Require(DhtCodec.TryDecodeStoreRequest(storeRequest.ToByteArray(), out _), "store request");
        if (DhtCodec.TryDecodeStoreResponse(data, out var storeResponse))
            Oracle.Require(DhtCodec.TryDecodeStoreResponse(storeResponse.ToByteArray(), out _), "store response");
        if (DhtCodec.TryDecodeFindRequest(data, out var findRequest))
            Oracle.Require(DhtCodec.TryDecodeFindRequest(findRequest.ToByteArray(), out _), "find request");
        if (DhtCodec.TryDecodeFindResponse(data, out var findResponse))
            Oracle.Require(DhtCodec.TryDecodeFindResponse(findResponse.ToByteArray(), out _), "find response");
    }
}
