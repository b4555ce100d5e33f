using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.Hivemind.Averaging;

/// <summary>The messages of averaging: a bounded walk over the bytes, then the generated parser.</summary>
internal static class AveragingCodec
{
    private const int MaxIdBytes = 64;
    private const int MaxPeerIdBytes = 256;
    private const int MaxKeyBytes = 1024;
    private const int MaxMetadataBytes = 1024 * 1024;

    private static readonly MessageShape JoinShape = new(
        64,
        FieldShape.Bytes(2, MaxIdBytes),
        FieldShape.Scalar(3),
        FieldShape.Bytes(4, AveragingProtocol.MaxGatherBytes),
        FieldShape.Scalar(5),
        FieldShape.Bytes(6, MaxKeyBytes));

    private static readonly MessageShape LeaderShape = new(
        (2 * AveragingProtocol.MaxGroupSize) + 64,
        FieldShape.Scalar(1),
        FieldShape.Bytes(2, MaxIdBytes),
        FieldShape.Bytes(3, MaxPeerIdBytes),
        FieldShape.Bytes(4, MaxPeerIdBytes, AveragingProtocol.MaxGroupSize),
        FieldShape.Bytes(5, AveragingProtocol.MaxGatherBytes, AveragingProtocol.MaxGroupSize));

    private static readonly MessageShape DataShape = new(
        TensorLimits.MaxDimensions + 64,
        FieldShape.Scalar(1),
        FieldShape.Bytes(2, MaxIdBytes),
        FieldShape.Bytes(3, MaxPeerIdBytes),
        FieldShape.Message(4, TensorCodec.Shape),
        FieldShape.Scalar(5));

    private static readonly MessageShape DownloadShape = new(
        TensorLimits.MaxDimensions + 64, FieldShape.Bytes(1, MaxMetadataBytes), FieldShape.Message(2, TensorCodec.Shape));

    public static RpcMarshaller<WireJoinRequest> JoinRequest { get; } = Of(JoinShape, WireJoinRequest.Parser);

    public static RpcMarshaller<WireMessageFromLeader> MessageFromLeader { get; } = Of(LeaderShape, WireMessageFromLeader.Parser);

    public static RpcMarshaller<WireAveragingData> AveragingData { get; } = Of(DataShape, WireAveragingData.Parser);

    public static RpcMarshaller<WireDownloadRequest> DownloadRequest { get; } = Of(new MessageShape(64), WireDownloadRequest.Parser);

    public static RpcMarshaller<WireDownloadData> DownloadData { get; } = Of(DownloadShape, WireDownloadData.Parser);

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
