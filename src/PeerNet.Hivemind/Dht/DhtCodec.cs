using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Dht.Generated;

namespace PeerNet.Hivemind.Dht;

/// <summary>The table's messages: a bounded walk over the bytes, then the generated parser.</summary>
internal static class DhtCodec
{
    // Implementation limits: an OpenSSH key of 16384 bits has 2800 characters, and a token is a name, a key, a time and a signature.
    private const int MaxKeyTextBytes = 4096;
    private const int MaxIdBytes = 64;

    private static readonly MessageShape Token = new(
        64, FieldShape.Bytes(1, MaxKeyTextBytes), FieldShape.Bytes(2, MaxKeyTextBytes), FieldShape.Bytes(3, MaxKeyTextBytes), FieldShape.Bytes(4, MaxKeyTextBytes));

    private static readonly MessageShape RequestAuth = new(
        64, FieldShape.Message(1, Token), FieldShape.Bytes(2, MaxKeyTextBytes), FieldShape.Scalar(3), FieldShape.Bytes(4, MaxIdBytes), FieldShape.Bytes(5, MaxKeyTextBytes));

    private static readonly MessageShape ResponseAuth = new(64, FieldShape.Message(1, Token), FieldShape.Bytes(2, MaxIdBytes), FieldShape.Bytes(3, MaxKeyTextBytes));

    private static readonly MessageShape NodeInfo = new(64, FieldShape.Bytes(1, MaxIdBytes));

    private static readonly MessageShape PingRequestShape = new(256, FieldShape.Message(1, RequestAuth), FieldShape.Message(2, NodeInfo), FieldShape.Scalar(3));

    private static readonly MessageShape PingResponseShape = new(
        256, FieldShape.Message(1, ResponseAuth), FieldShape.Message(2, NodeInfo), FieldShape.Scalar(4), FieldShape.Scalar(5));

    private static readonly MessageShape StoreRequestShape = new(
        (6 * DhtProtocol.MaxRecordsPerStore) + 256,
        FieldShape.Message(1, RequestAuth),
        FieldShape.Bytes(2, MaxIdBytes, DhtProtocol.MaxRecordsPerStore),
        FieldShape.Bytes(3, DhtProtocol.MaxValueBytes, DhtProtocol.MaxRecordsPerStore),
        FieldShape.Bytes(4, DhtProtocol.MaxValueBytes, DhtProtocol.MaxRecordsPerStore),
        FieldShape.Bytes(5, 8 * DhtProtocol.MaxRecordsPerStore, DhtProtocol.MaxRecordsPerStore),
        FieldShape.PackedVarints(6, DhtProtocol.MaxRecordsPerStore),
        FieldShape.Message(7, NodeInfo));

    private static readonly MessageShape StoreResponseShape = new(
        DhtProtocol.MaxRecordsPerStore + 256,
        FieldShape.Message(1, ResponseAuth),
        FieldShape.PackedVarints(2, DhtProtocol.MaxRecordsPerStore),
        FieldShape.Message(3, NodeInfo));

    private static readonly MessageShape FindRequestShape = new(
        DhtProtocol.MaxKeysPerFind + 256,
        FieldShape.Message(1, RequestAuth),
        FieldShape.Bytes(2, MaxIdBytes, DhtProtocol.MaxKeysPerFind),
        FieldShape.Message(3, NodeInfo));

    private static readonly MessageShape FindResult = new(
        256,
        FieldShape.Scalar(1),
        FieldShape.Bytes(2, DhtProtocol.MaxValueBytes),
        FieldShape.Scalar(3),
        FieldShape.Bytes(4, MaxIdBytes, DhtProtocol.MaxNodesPerResult),
        FieldShape.Bytes(5, 256, DhtProtocol.MaxNodesPerResult));

    private static readonly MessageShape FindResponseShape = new(
        (DhtProtocol.MaxKeysPerFind * ((2 * DhtProtocol.MaxNodesPerResult) + 8)) + 256,
        FieldShape.Message(1, ResponseAuth),
        FieldShape.Message(2, FindResult, DhtProtocol.MaxKeysPerFind),
        FieldShape.Message(3, NodeInfo));

    public static bool TryDecodePingRequest(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WirePingRequest? message) => TryParse(bytes, PingRequestShape, WirePingRequest.Parser, out message);

    public static bool TryDecodePingResponse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WirePingResponse? message) => TryParse(bytes, PingResponseShape, WirePingResponse.Parser, out message);

    public static bool TryDecodeStoreRequest(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WireStoreRequest? message) => TryParse(bytes, StoreRequestShape, WireStoreRequest.Parser, out message);

    public static bool TryDecodeStoreResponse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WireStoreResponse? message) => TryParse(bytes, StoreResponseShape, WireStoreResponse.Parser, out message);

    public static bool TryDecodeFindRequest(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WireFindRequest? message) => TryParse(bytes, FindRequestShape, WireFindRequest.Parser, out message);

    public static bool TryDecodeFindResponse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out WireFindResponse? message) => TryParse(bytes, FindResponseShape, WireFindResponse.Parser, out message);

    /// <summary>The node id in a message's node info: absent or empty means that the sender is no node of the table.</summary>
    public static bool TryReadNode(WireNodeInfo? info, out DhtId? id)
    {
        id = null;
        if (info is null || info.NodeId.IsEmpty)
            return true;
        if (!DhtId.TryDecode(info.NodeId.Span, out var decoded))
            return false;
        id = decoded;
        return true;
    }

    private static bool TryParse<T>(ReadOnlySpan<byte> bytes, MessageShape shape, MessageParser<T> parser, [NotNullWhen(true)] out T? message)
        where T : IMessage<T>
    {
        message = default;
        if (!MessageGuard.Check(bytes, shape).IsNone)
            return false;
        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }
}
