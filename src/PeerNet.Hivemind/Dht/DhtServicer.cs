using Google.Protobuf;
using PeerNet.Hivemind.Auth;
using PeerNet.Hivemind.Dht.Generated;
using PeerNet.Hivemind.Rpc;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// Answers nodes. A valid request is never answered with an error: each one would cost this node its place in the caller's table.
/// Thread-safe.
/// </summary>
internal sealed class DhtServicer(DhtContext context, DhtCaller caller)
{
    // Implementation limit: the caller waits three seconds for all of it.
    private static readonly TimeSpan CallBackTimeout = TimeSpan.FromSeconds(2.5);

    public ValueTask<ReadOnlyMemory<byte>> PingAsync(RpcContext call, ReadOnlyMemory<byte> bytes, CancellationToken token)
        => ServeAsync(DhtCodec.TryDecodePingRequest(bytes.Span, out var request) ? request : null, request => AnswerPingAsync(call, request, token), token);

    public ValueTask<ReadOnlyMemory<byte>> StoreAsync(RpcContext call, ReadOnlyMemory<byte> bytes, CancellationToken token)
        => ServeAsync(DhtCodec.TryDecodeStoreRequest(bytes.Span, out var request) ? request : null, request => ValueTask.FromResult(AnswerStore(call, request)), token);

    public ValueTask<ReadOnlyMemory<byte>> FindAsync(RpcContext call, ReadOnlyMemory<byte> bytes, CancellationToken token)
        => ServeAsync(DhtCodec.TryDecodeFindRequest(bytes.Span, out var request) ? request : null, request => ValueTask.FromResult(AnswerFind(call, request)), token);

    private async ValueTask<ReadOnlyMemory<byte>> ServeAsync<TRequest, TResponse>(TRequest? request, Func<TRequest, ValueTask<TResponse>> answer, CancellationToken token)
        where TRequest : class, IAuthorizedRequest
        where TResponse : IAuthorizedResponse
    {
        if (request is null)
            throw new RpcHandlerException("The request does not parse.");
        var authorizer = context.Options.Authorizer;
        if (authorizer?.VerifyRequest(request) == false)
            throw new RpcHandlerException("The request is not signed by a member.");
        var response = await answer(request).ConfigureAwait(false);
        if (authorizer is not null)
            await authorizer.SignResponseAsync(response, request, token).ConfigureAwait(false);
        return response.ToByteArray();
    }

    private async ValueTask<WirePingResponse> AnswerPingAsync(RpcContext call, WirePingRequest request, CancellationToken token)
    {
        var isAvailable = false;
        if (ReadNode(request.Peer) is { } id)
        {
            if (request.Validate)
                isAvailable = await IsThereAsync(call, id, token).ConfigureAwait(false);
            if (isAvailable || !request.Validate)
                context.Peers.OnHeard(new DhtNodeAddress(id, call.Peer));
            else
                context.Peers.OnSilent(call.Peer);
        }

        return new WirePingResponse { Peer = caller.Self, DhtTime = context.Now.Seconds, Available = isAvailable };
    }

    private async Task<bool> IsThereAsync(RpcContext call, DhtId id, CancellationToken token)
    {
        try
        {
            return (await caller.PingAsync(call.Peer, false, CallBackTimeout, token).ConfigureAwait(false)).NodeId == id;
        }
        catch (RpcException)
        {
            return false;
        }
    }

    private WireStoreResponse AnswerStore(RpcContext call, WireStoreRequest request)
    {
        if (request.Values.Count != request.Keys.Count || request.ExpirationTime.Count != request.Keys.Count || request.InCache.Count != request.Keys.Count)
            throw new RpcHandlerException("Keys, values, expiration times and cache flags differ in number.");
        var keys = new DhtId[request.Keys.Count];
        for (var i = 0; i < keys.Length; i++)
        {
            if (!DhtId.TryDecode(request.Keys[i].Span, out keys[i]))
                throw new RpcHandlerException("A key is no id of 20 bytes.");
        }

        if (ReadNode(request.Peer) is { } id)
            context.Peers.OnHeard(new DhtNodeAddress(id, call.Peer));
        var response = new WireStoreResponse { Peer = caller.Self };

        // As in Python: where subkeys are missing, so are the flags.
        for (var i = 0; i < Math.Min(keys.Length, request.Subkeys.Count); i++)
        {
            var isStored = Store(call, keys[i], request.Subkeys[i].Memory, request.Values[i].Memory, new DhtExpiration(request.ExpirationTime[i]), request.InCache[i]);
            HivemindMetrics.Received(isStored);
            response.StoreOk.Add(isStored);
        }

        return response;
    }

    private bool Store(RpcContext call, DhtId key, ReadOnlyMemory<byte> tag, ReadOnlyMemory<byte> value, DhtExpiration expiration, bool inCache)
    {
        var storage = inCache ? context.Cache : context.Storage;
        if (tag.IsEmpty)
        {
            return DictionaryCodec.TryDecode(value.Span, out var dictionary)
                && dictionary.Items.All(item => context.Validators.Validate(new DhtRecord(key, item.Subkey.Bytes, item.Value, item.Expiration)))
                && DhtEntries.Store(storage, key, dictionary, context.Now, call.Peer);
        }

        if (!expiration.IsTime || !context.Validators.Validate(new DhtRecord(key, tag, value, expiration)))
            return false;
        if (tag.Span.SequenceEqual(DhtProtocol.RegularTag.Span))
            return storage.Store(key, value, expiration, context.Now, call.Peer);
        return Subkey.TryDecode(tag.Span, out var subkey) && storage.StoreSubkey(key, subkey, value, expiration, context.Now, call.Peer);
    }

    private WireFindResponse AnswerFind(RpcContext call, WireFindRequest request)
    {
        var exclude = ReadNode(request.Peer);
        if (exclude is { } id)
            context.Peers.OnHeard(new DhtNodeAddress(id, call.Peer));
        var response = new WireFindResponse { Peer = caller.Self };
        var room = DhtProtocol.MaxFindAnswerBytes;
        foreach (var bytes in request.Keys)
        {
            if (!DhtId.TryDecode(bytes.Span, out var key))
                throw new RpcHandlerException("A key is no id of 20 bytes.");
            var result = new WireFindResult();
            foreach (var node in context.Peers.Nearest(key, context.Options.BucketSize, exclude))
            {
                result.NearestNodeIds.Add(ByteString.CopyFrom(node.Id.ToBytes()));
                result.NearestPeerIds.Add(ByteString.CopyFrom(node.Peer.Bytes.Span));
            }

            Fill(result, context.Held(key), room);
            room -= result.CalculateSize();
            response.Results.Add(result);
        }

        return response;
    }

    // A value for which the answer has no room is left out: the caller finds it at another node, or asks for it alone.
    private void Fill(WireFindResult result, DhtEntry? entry, int room)
    {
        var value = entry switch
        {
            RegularEntry regular => regular.Value,
            DictionaryEntry dictionary => DictionaryCodec.Encode(dictionary, context.Now),
            _ => default,
        };
        if (entry is null || value.Length + result.CalculateSize() > room)
            return;
        result.Type = entry is RegularEntry ? DhtProtocol.FoundRegular : DhtProtocol.FoundDictionary;
        result.Value = UnsafeByteOperations.UnsafeWrap(value);
        result.ExpirationTime = entry.Expiration.Seconds;
    }

    private static DhtId? ReadNode(WireNodeInfo? info)
        => DhtCodec.TryReadNode(info, out var id) ? id : throw new RpcHandlerException("The sender's node id is none of 20 bytes.");
}
