using PeerNet.Hivemind.Moe.Generated;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Hivemind.Moe;

/// <summary>The methods that a server of experts serves.</summary>
internal static class ExpertMethods
{
    public static RpcMethod<WireExpertUid, WireExpertInfo> Info { get; } = new(NameOf("rpc_info"), ExpertCodec.Uid, ExpertCodec.Info);

    public static RpcMethod<WireExpertRequest, WireExpertResponse> Forward { get; } = Call("rpc_forward");

    public static RpcMethod<WireExpertRequest, WireExpertResponse> Backward { get; } = Call("rpc_backward");

    public static RpcMethod<WireExpertRequest, WireExpertResponse> ForwardStream { get; } = Call("rpc_forward_stream");

    public static RpcMethod<WireExpertRequest, WireExpertResponse> BackwardStream { get; } = Call("rpc_backward_stream");

    private static RpcMethod<WireExpertRequest, WireExpertResponse> Call(string method) => new(NameOf(method), ExpertCodec.Request, ExpertCodec.Response);

    private static Core.ProtocolId NameOf(string method) => RpcProtocol.NameOf(MoeProtocol.HandlerClass, method);
}
