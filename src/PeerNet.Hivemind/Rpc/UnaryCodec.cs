using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Rpc.Generated;

namespace PeerNet.Hivemind.Rpc;

/// <summary>A request as it arrived.</summary>
internal readonly record struct UnaryRequest(RpcCallId CallId, string Method, ReadOnlyMemory<byte> Data);

/// <summary>An answer as it arrived: a result, or an error's text.</summary>
internal readonly record struct UnaryResult(RpcCallId CallId, ReadOnlyMemory<byte> Response, string? Error);

/// <summary>
/// The envelope of unary calls, the same message in both directions:
/// <code>
/// { 1: callId (16 bytes)  3: callUnary { 1: peer  2: proto  3: data }  4: unaryResponse { 1: response | 2: error } }
/// </code>
/// Empty data and an empty response are written: a daemon drops a frame that leaves them out.
/// </summary>
internal static class UnaryCodec
{
    private static readonly MessageShape Shape = new(
        64,
        FieldShape.Bytes(1, RpcProtocol.CallIdBytes),
        FieldShape.Message(3, new MessageShape(64, FieldShape.Bytes(1, 256), FieldShape.Bytes(2, Core.ProtocolId.MaxBytes), FieldShape.Bytes(3, RpcProtocol.MaxEnvelopeBytes))),
        FieldShape.Message(4, new MessageShape(64, FieldShape.Bytes(1, RpcProtocol.MaxEnvelopeBytes), FieldShape.Bytes(2, RpcProtocol.MaxEnvelopeBytes))));

    public static byte[] EncodeRequest(RpcCallId id, ReadOnlySpan<byte> peer, string method, ReadOnlyMemory<byte> data) => new UnaryEnvelope
    {
        CallId = UnsafeByteOperations.UnsafeWrap(id.ToBytes()),
        Call = new UnaryCall { Peer = ByteString.CopyFrom(peer), Proto = method, Data = UnsafeByteOperations.UnsafeWrap(data) },
    }.ToByteArray();

    public static byte[] EncodeResponse(RpcCallId id, ReadOnlyMemory<byte> response) => new UnaryEnvelope
    {
        CallId = UnsafeByteOperations.UnsafeWrap(id.ToBytes()),
        Answer = new UnaryAnswer { Response = UnsafeByteOperations.UnsafeWrap(response) },
    }.ToByteArray();

    public static byte[] EncodeError(RpcCallId id, string error) => new UnaryEnvelope
    {
        CallId = UnsafeByteOperations.UnsafeWrap(id.ToBytes()),
        Answer = new UnaryAnswer { Error = ByteString.CopyFromUtf8(RpcText.Cut(error)) },
    }.ToByteArray();

    /// <summary>Reads a request. A frame that lacks a required field is none.</summary>
    public static bool TryDecodeRequest(ReadOnlySpan<byte> envelope, out UnaryRequest request)
    {
        request = default;
        if (!TryParse(envelope, out var parsed, out var id) || parsed.Call is not { HasPeer: true, HasProto: true, HasData: true } call)
            return false;
        request = new UnaryRequest(id, call.Proto, call.Data.Memory);
        return true;
    }

    /// <summary>Reads an answer. One with neither a result nor an error is none.</summary>
    public static bool TryDecodeResult(ReadOnlySpan<byte> envelope, out UnaryResult result)
    {
        result = default;
        if (!TryParse(envelope, out var parsed, out var id) || parsed.Answer is not { } answer || !(answer.HasResponse || answer.HasError))
            return false;
        result = answer.HasError
            ? new UnaryResult(id, default, RpcText.Cut(Encoding.UTF8.GetString(answer.Error.Span)))
            : new UnaryResult(id, answer.Response.Memory, null);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<byte> envelope, [NotNullWhen(true)] out UnaryEnvelope? parsed, out RpcCallId id)
    {
        parsed = null;
        id = default;
        if (!MessageGuard.Check(envelope, Shape).IsNone)
            return false;
        try
        {
            parsed = UnaryEnvelope.Parser.ParseFrom(envelope);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        return RpcCallId.TryDecode(parsed.CallId.Span, out id);
    }
}
