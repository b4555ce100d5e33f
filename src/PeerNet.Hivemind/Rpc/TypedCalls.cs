using System.Runtime.CompilerServices;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Rpc;

/// <summary>Typed calls and handlers over the ones in bytes.</summary>
public static class TypedCalls
{
    /// <summary>Calls a unary method.</summary>
    /// <exception cref="RpcException">The call failed, or the answer is not what the method answers.</exception>
    public static async Task<TResponse> CallAsync<TRequest, TResponse>(
        this RpcClient client, PeerId peer, RpcMethod<TRequest, TResponse> method, TRequest request, TimeSpan? timeout = null, CancellationToken token = default)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(method);
        var answer = await client.CallAsync(peer, method.Name, method.Request.Encode(request), timeout, token).ConfigureAwait(false);
        return method.Response.TryDecode(answer) ?? throw Malformed(method.Name.Value);
    }

    /// <summary>Calls a stream method.</summary>
    /// <exception cref="RpcException">The call failed, or an answer is not what the method answers.</exception>
    public static async IAsyncEnumerable<TResponse> CallStreamAsync<TRequest, TResponse>(
        this RpcClient client, PeerId peer, RpcMethod<TRequest, TResponse> method, IAsyncEnumerable<TRequest> requests, [EnumeratorCancellation] CancellationToken token = default)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(requests);
        await foreach (var answer in client.CallStreamAsync(peer, method.Name, Encode(requests, method.Request, token), token).ConfigureAwait(false))
            yield return method.Response.TryDecode(answer) ?? throw Malformed(method.Name.Value);
    }

    /// <summary>Serves a unary method.</summary>
    public static IDisposable Handle<TRequest, TResponse>(
        this RpcServer server, RpcMethod<TRequest, TResponse> method, Func<RpcContext, TRequest, CancellationToken, ValueTask<TResponse>> handler)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(handler);
        return server.Handle(method.Name, async (context, bytes, token) =>
        {
            var request = method.Request.TryDecode(bytes) ?? throw new RpcHandlerException("The request does not parse.");
            return method.Response.Encode(await handler(context, request, token).ConfigureAwait(false));
        });
    }

    /// <summary>Serves a stream method.</summary>
    public static IDisposable HandleStream<TRequest, TResponse>(
        this RpcServer server, RpcMethod<TRequest, TResponse> method, Func<RpcContext, IAsyncEnumerable<TRequest>, CancellationToken, IAsyncEnumerable<TResponse>> handler)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(handler);
        return server.HandleStream(method.Name, (context, requests, token) => Encode(handler(context, Decode(requests, method.Request, token), token), method.Response, token));
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Encode<T>(IAsyncEnumerable<T> messages, RpcMarshaller<T> marshaller, [EnumeratorCancellation] CancellationToken token)
        where T : class
    {
        await foreach (var message in messages.WithCancellation(token).ConfigureAwait(false))
            yield return marshaller.Encode(message);
    }

    private static async IAsyncEnumerable<T> Decode<T>(IAsyncEnumerable<ReadOnlyMemory<byte>> messages, RpcMarshaller<T> marshaller, [EnumeratorCancellation] CancellationToken token)
        where T : class
    {
        await foreach (var message in messages.WithCancellation(token).ConfigureAwait(false))
            yield return marshaller.TryDecode(message) ?? throw new RpcHandlerException("A request does not parse.");
    }

    private static RpcException Malformed(string method) => new(RpcFailure.Malformed, $"What came is no answer of {method}.");
}
