using System.Buffers.Binary;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Rpc.Generated;

namespace PeerNet.Hivemind.Rpc;

/// <summary>
/// Frames of stream calls:
/// <code>
/// | marker (1): 00 message, 01 error or end | length (8, big-endian) | payload |
/// </code>
/// </summary>
internal static class StreamFrameCodec
{
    private static readonly MessageShape ErrorShape = new(16, FieldShape.Bytes(1, RpcProtocol.MaxErrorBytes * 16));

    /// <summary>The frame that ends the requests; without it a handler of one request never starts.</summary>
    public static ReadOnlyMemory<byte> EndOfRequests { get; } = new byte[] { RpcProtocol.ErrorMarker, 0, 0, 0, 0, 0, 0, 0, 0 };

    public static byte[] EncodeMessage(ReadOnlySpan<byte> message) => Encode(RpcProtocol.MessageMarker, message);

    public static byte[] EncodeError(string text) => Encode(RpcProtocol.ErrorMarker, new StreamError { Message = RpcText.Cut(text) }.ToByteArray());

    /// <summary>The text of an error frame; one that does not parse has none.</summary>
    public static string DecodeError(ReadOnlySpan<byte> payload)
    {
        if (!MessageGuard.Check(payload, ErrorShape).IsNone)
            return "";
        try
        {
            return RpcText.Cut(StreamError.Parser.ParseFrom(payload).Message);
        }
        catch (InvalidProtocolBufferException)
        {
            return "";
        }
    }

    private static byte[] Encode(byte marker, ReadOnlySpan<byte> payload)
    {
        var frame = new byte[RpcProtocol.FrameHeaderBytes + payload.Length];
        frame[0] = marker;
        BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(1), (ulong)payload.Length);
        payload.CopyTo(frame.AsSpan(RpcProtocol.FrameHeaderBytes));
        return frame;
    }
}
