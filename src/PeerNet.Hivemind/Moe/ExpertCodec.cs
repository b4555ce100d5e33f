using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Moe.Generated;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.Hivemind.Moe;

/// <summary>The messages of experts' methods: a bounded walk over the bytes, then the generated parser.</summary>
internal static class ExpertCodec
{
    private static readonly MessageShape UidShape = new(16, FieldShape.Bytes(1, MoeProtocol.MaxUidLength * 4));

    private static readonly MessageShape InfoShape = new(16, FieldShape.Bytes(1, MoeProtocol.MaxMetadataBytes));

    private static readonly MessageShape CallShape = new(
        MoeProtocol.MaxTensors * (TensorLimits.MaxDimensions + 16),
        FieldShape.Bytes(1, MoeProtocol.MaxUidLength * 4),
        FieldShape.Message(2, TensorCodec.Shape, MoeProtocol.MaxTensors),
        FieldShape.Bytes(3, MoeProtocol.MaxMetadataBytes));

    public static RpcMarshaller<WireExpertUid> Uid { get; } = Of(UidShape, WireExpertUid.Parser);

    public static RpcMarshaller<WireExpertInfo> Info { get; } = Of(InfoShape, WireExpertInfo.Parser);

    public static RpcMarshaller<WireExpertRequest> Request { get; } = Of(CallShape, WireExpertRequest.Parser);

    public static RpcMarshaller<WireExpertResponse> Response { get; } = Of(CallShape, WireExpertResponse.Parser);

    private static RpcMarshaller<T> Of<T>(MessageShape shape, MessageParser<T> parser)
        where T : class, IMessage<T> => new(message => message.ToByteArray(), bytes => TryParse(bytes, shape, parser));

    private static T? TryParse<T>(ReadOnlyMemory<byte> bytes, MessageShape shape, MessageParser<T> parser)
        where T : class, IMessage<T>
    {
        if (!MessageGuard.Check(bytes.Span, shape).IsNone)
            return null;
        try
        {
            return parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
