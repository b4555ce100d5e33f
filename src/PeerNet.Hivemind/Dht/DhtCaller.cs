using Google.Protobuf;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Hivemind.Dht.Generated;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;

namespace PeerNet.Hivemind.Dht;

/// <summary>What a node answered for one key: a record that the validators take, and nodes nearer to the key.</summary>
internal sealed record FindAnswer(DhtEntry? Entry, IReadOnlyList<DhtNodeAddress> Nearest);

/// <summary>An answer to a ping.</summary>
internal sealed record PingAnswer(DhtId? NodeId, DhtExpiration Time, bool IsAvailable);

/// <summary>One record of a store call.</summary>
internal sealed record StoreItem(DhtId Key, ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Value, DhtExpiration Expiration);

/// <summary>
/// Calls nodes. Who answers with its node id is entered in the table, who fails is taken out of it. Thread-safe.
/// </summary>
internal sealed class DhtCaller(DhtContext context, RpcClient client, PeerId ownPeer, Func<PeerId, bool, CancellationToken, ValueTask<bool>> prepareAsync)
{
    // Implementation limit: a store call stays well below the 4 MiB of a frame.
    private const int MaxStoreBytes = 2 * 1024 * 1024;

    private readonly WireNodeInfo _self = context.Options.ClientMode
        ? new WireNodeInfo()
        : new WireNodeInfo { NodeId = ByteString.CopyFrom(context.OwnId.ToBytes()) };

    public WireNodeInfo Self => _self;

    /// <exception cref="RpcException">The peer did not answer.</exception>
    public async Task<PingAnswer> PingAsync(PeerId peer, bool validate, TimeSpan timeout, CancellationToken token)
    {
        var request = new WirePingRequest { Peer = _self, Validate = validate };
        var response = await CallAsync(peer, DhtProtocol.Ping, request, bytes => DhtCodec.TryDecodePingResponse(bytes, out var answer) ? answer : null, answer => answer.Peer, timeout, token)
            .ConfigureAwait(false);
        DhtCodec.TryReadNode(response.Peer, out var id);
        return new PingAnswer(id, new DhtExpiration(response.DhtTime), response.Available);
    }

    /// <summary>Stores records on a node, in several calls when they are many.</summary>
    /// <returns>A flag for each; null when the node failed.</returns>
    public async Task<bool[]?> StoreAsync(PeerId peer, IReadOnlyList<StoreItem> items, bool inCache, CancellationToken token)
    {
        var flags = new bool[items.Count];
        for (var start = 0; start < items.Count;)
        {
            var request = new WireStoreRequest { Peer = _self };
            var count = 0;
            for (var bytes = 0; start + count < items.Count && (count == 0 || bytes < MaxStoreBytes) && count < DhtProtocol.MaxRecordsPerStore; count++)
            {
                var item = items[start + count];
                request.Keys.Add(ByteString.CopyFrom(item.Key.ToBytes()));
                request.Subkeys.Add(UnsafeByteOperations.UnsafeWrap(item.Tag));
                request.Values.Add(UnsafeByteOperations.UnsafeWrap(item.Value));
                request.ExpirationTime.Add(item.Expiration.Seconds);
                request.InCache.Add(inCache);
                bytes += item.Value.Length + item.Tag.Length + 64;
            }

            try
            {
                var response = await CallAsync(peer, DhtProtocol.Store, request, bytes => DhtCodec.TryDecodeStoreResponse(bytes, out var answer) ? answer : null, answer => answer.Peer, context.Options.CallTimeout, token)
                    .ConfigureAwait(false);
                for (var i = 0; i < Math.Min(count, response.StoreOk.Count); i++)
                    flags[start + i] = response.StoreOk[i];
            }
            catch (RpcException)
            {
                return null;
            }

            start += count;
        }

        return flags;
    }

    /// <summary>Asks a node for records and for nodes near to keys.</summary>
    /// <returns>An answer for each key; null when the node failed, which bans it for a while.</returns>
    public async Task<IReadOnlyList<FindAnswer>?> FindAsync(PeerId peer, IReadOnlyList<DhtId> keys, CancellationToken token)
    {
        var request = new WireFindRequest { Peer = _self };
        foreach (var key in keys)
            request.Keys.Add(ByteString.CopyFrom(key.ToBytes()));
        try
        {
            var response = await CallAsync(
                peer,
                DhtProtocol.Find,
                request,
                bytes => DhtCodec.TryDecodeFindResponse(bytes, out var answer) && answer.Results.Count == keys.Count ? answer : null,
                answer => answer.Peer,
                context.Options.CallTimeout,
                token).ConfigureAwait(false);
            context.Peers.OnFindAnswered(peer);
            return [.. response.Results.Select((result, i) => ToAnswer(keys[i], result))];
        }
        catch (RpcException)
        {
            context.Peers.OnFindFailed(peer);
            return null;
        }
    }

    private FindAnswer ToAnswer(DhtId key, WireFindResult result)
    {
        var expiration = new DhtExpiration(result.ExpirationTime);
        DhtEntry? entry = null;
        if (result.Type == DhtProtocol.FoundRegular && expiration.IsTime)
            entry = new RegularEntry(result.Value.Memory, expiration);
        else if (result.Type == DhtProtocol.FoundDictionary && DictionaryCodec.TryDecode(result.Value.Span, out var dictionary))
            entry = dictionary;
        if (entry?.Expiration < context.Now)
            entry = null;

        var nodes = new List<DhtNodeAddress>();
        for (var i = 0; i < Math.Min(result.NearestNodeIds.Count, result.NearestPeerIds.Count); i++)
        {
            if (DhtId.TryDecode(result.NearestNodeIds[i].Span, out var id) && PeerId.TryDecode(result.NearestPeerIds[i].Span, out var peer)
                && id != context.OwnId && peer != ownPeer)
            {
                nodes.Add(new DhtNodeAddress(id, peer));
            }
        }

        return new FindAnswer(DhtEntries.Validated(context.Validators, key, entry), nodes);
    }

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        PeerId peer, Core.ProtocolId method, TRequest request, Func<ReadOnlySpan<byte>, TResponse?> decode, Func<TResponse, WireNodeInfo?> node, TimeSpan timeout, CancellationToken token)
        where TRequest : IAuthorizedRequest
        where TResponse : class, IAuthorizedResponse
    {
        try
        {
            if (context.Options.Authorizer is { } authorizer)
                await authorizer.SignRequestAsync(request, token).ConfigureAwait(false);
            // Finding the peer's addresses is part of the call, and of its time.
            using var deadline = context.Time.CreateDeadline(timeout, token);
            var bytes = await PrepareAndCallAsync(peer, method, request.ToByteArray(), timeout, deadline.Token, token).ConfigureAwait(false);
            var response = decode(bytes.Span);
            if (response is null || !DhtCodec.TryReadNode(node(response), out var id))
                throw new RpcException(RpcFailure.Malformed, $"What peer {peer} sent is no answer of {method}.");
            if (context.Options.Authorizer?.VerifyResponse(response, request) == false)
                throw new RpcException(RpcFailure.Unauthorized, $"The answer of peer {peer} is not signed by a member.");
            if (id is { } known)
                context.Peers.OnHeard(new DhtNodeAddress(known, peer));
            return response;
        }
        catch (PeerNetException error)
        {
            context.Log.CallFailed(method.Value, peer, error.Message);
            context.Peers.OnSilent(peer);
            if (error is RpcException)
                throw;
            throw new RpcException(RpcFailure.Unreachable, $"Peer {peer} was not called: {error.Message}", error);
        }
    }

    private async Task<ReadOnlyMemory<byte>> PrepareAndCallAsync(PeerId peer, Core.ProtocolId method, byte[] request, TimeSpan timeout, CancellationToken deadline, CancellationToken token)
    {
        try
        {
            await prepareAsync(peer, false, deadline).ConfigureAwait(false);
            try
            {
                return await client.CallAsync(peer, method, request, timeout, deadline).ConfigureAwait(false);
            }
            catch (RpcException error) when (error.InnerException is DialException)
            {
                // The addresses known are those of an earlier life of the peer: others may know where it is now.
                if (!await prepareAsync(peer, true, deadline).ConfigureAwait(false))
                    throw;
                return await client.CallAsync(peer, method, request, timeout, deadline).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new RpcException(RpcFailure.TimedOut, $"Peer {peer} did not answer {method} in time.");
        }
    }
}
