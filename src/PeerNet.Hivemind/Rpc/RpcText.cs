namespace PeerNet.Hivemind.Rpc;

/// <summary>Error texts, which strangers write.</summary>
internal static class RpcText
{
    /// <summary>A text cut to what is kept of one.</summary>
    public static string Cut(string text) => text.Length <= RpcProtocol.MaxErrorBytes / 4 ? text : text[..(RpcProtocol.MaxErrorBytes / 4)];

    /// <summary>What a peer is told of an error: a handler's own words, otherwise only its kind, since messages may name local things.</summary>
    public static string ForPeer(Exception error) => error is RpcHandlerException ? error.Message : error.GetType().Name;
}
