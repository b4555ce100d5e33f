using PeerNet.Core;

namespace PeerNet.Hivemind.Rpc;

/// <summary>How a message becomes bytes and back.</summary>
/// <typeparam name="T">The message.</typeparam>
/// <param name="Encode">Writes it.</param>
/// <param name="TryDecode">Reads it; null for bytes that are none. It must not throw on a peer's bytes.</param>
public sealed record RpcMarshaller<T>(Func<T, ReadOnlyMemory<byte>> Encode, Func<ReadOnlyMemory<byte>, T?> TryDecode)
    where T : class;

/// <summary>A method with typed messages: what a servicer serves and a stub calls.</summary>
/// <typeparam name="TRequest">The request.</typeparam>
/// <typeparam name="TResponse">The answer.</typeparam>
/// <param name="Name">Its name; see <see cref="RpcProtocol.NameOf"/>.</param>
/// <param name="Request">The request's bytes.</param>
/// <param name="Response">The answer's bytes.</param>
public sealed record RpcMethod<TRequest, TResponse>(ProtocolId Name, RpcMarshaller<TRequest> Request, RpcMarshaller<TResponse> Response)
    where TRequest : class
    where TResponse : class;
