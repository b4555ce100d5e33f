using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Dht.Generated;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Identity;

namespace PeerNet.Control.Commands.Hivemind;

/// <summary>One bare call to one peer, which leaves the table alone: <c>rpcPing rpcFind rpcStore rawRecords</c>.</summary>
internal sealed class BareCommands(PeerNode node, HivemindSwarm swarm)
{
    private static readonly string[] Kinds = ["not-found", "regular", "dictionary"];

    private DhtContext Context => swarm.Dht.Context;

    public void AddTo(ControlCommandTable table)
    {
        table.Add("rpcPing", PingAsync);
        table.Add("rpcFind", async (request, token) =>
        {
            var keys = request.Has("keyIds")
                ? request.Texts("keyIds").Select(Convert.FromHexString).ToArray()
                : [.. RecordArguments.Items(request.Arguments, "keys").Select(key => DhtId.OfKey(RecordArguments.Value(key)).ToBytes())];
            return await FindAsync(await TableCommands.PeerAsync(node, request, token).ConfigureAwait(false), keys, Sender(request), token).ConfigureAwait(false);
        });
        table.Add("rpcStore", StoreAsync);
        table.Add("rawRecords", async (request, token) =>
        {
            var id = RecordArguments.KeyId(request.Arguments);
            var peers = request.Has("peers")
                ? request.Texts("peers").Select(PeerId.Parse)
                : (await swarm.Dht.FindNearestAsync(id, token).ConfigureAwait(false)).Select(found => found.Peer);
            var held = await Task.WhenAll(peers.Select(peer => HeldAsync(peer, id, token))).ConfigureAwait(false);
            return new JsonObject { ["keyId"] = id.ToString(), ["peers"] = new JsonArray([.. held.Select(one => (JsonNode)one)]) };
        });
    }

    private async ValueTask<JsonNode?> PingAsync(ControlRequest request, CancellationToken token)
    {
        var peer = await TableCommands.PeerAsync(node, request, token).ConfigureAwait(false);
        var start = node.Swarm.Time.GetTimestamp();
        var (sent, answer) = await CallAsync(peer, DhtProtocol.Ping, new WirePingRequest { Peer = Sender(request), Validate = request.Flag("validate") }, WirePingResponse.Parser, token).ConfigureAwait(false);
        return new JsonObject
        {
            ["rtt"] = Math.Round(node.Swarm.Time.GetElapsedTime(start).TotalMilliseconds, 3),
            ["nodeId"] = Hex(answer.Peer?.NodeId),
            ["dhtTime"] = HivemindJson.ToJson(new DhtExpiration(answer.DhtTime)),
            ["available"] = answer.Available,
            ["request"] = Convert.ToHexStringLower(sent),
            ["response"] = Convert.ToHexStringLower(answer.ToByteArray()),
        };
    }

    private async ValueTask<JsonNode?> StoreAsync(ControlRequest request, CancellationToken token)
    {
        var peer = await TableCommands.PeerAsync(node, request, token).ConfigureAwait(false);
        var message = new WireStoreRequest { Peer = Sender(request) };
        foreach (var item in RecordArguments.Items(request.Arguments, "items"))
        {
            var record = RecordArguments.Record(item, node.Swarm.Time);
            message.Keys.Add(ByteString.CopyFrom(record.Key.ToBytes()));
            if (!request.Flag("omitSubkeys"))
                message.Subkeys.Add(ByteString.CopyFrom(record.Tag.Span));
            message.Values.Add(ByteString.CopyFrom(record.Value.Span));
            message.ExpirationTime.Add(record.Expiration.Seconds);
            message.InCache.Add(item.Member("inCache") is { ValueKind: JsonValueKind.True });
        }

        var (sent, answer) = await CallAsync(peer, DhtProtocol.Store, message, WireStoreResponse.Parser, token).ConfigureAwait(false);
        return new JsonObject
        {
            ["storeOk"] = new JsonArray([.. answer.StoreOk.Select(flag => (JsonNode)flag)]),
            ["nodeId"] = Hex(answer.Peer?.NodeId),
            ["request"] = Convert.ToHexStringLower(sent),
            ["response"] = Convert.ToHexStringLower(answer.ToByteArray()),
        };
    }

    private async Task<JsonObject> HeldAsync(PeerId peer, DhtId id, CancellationToken token)
    {
        JsonObject held;
        try
        {
            var answer = await FindAsync(peer, [id.ToBytes()], swarm.Dht.Caller.Self, token).ConfigureAwait(false);
            held = answer["results"]![0]!.DeepClone().AsObject();
        }
        catch (RpcException error)
        {
            held = new JsonObject { ["error"] = error.Message };
        }

        held["peerId"] = peer.ToString();
        return held;
    }

    private async Task<JsonObject> FindAsync(PeerId peer, byte[][] keys, WireNodeInfo sender, CancellationToken token)
    {
        var message = new WireFindRequest { Peer = sender };
        message.Keys.AddRange(keys.Select(key => ByteString.CopyFrom(key)));
        var (sent, answer) = await CallAsync(peer, DhtProtocol.Find, message, WireFindResponse.Parser, token).ConfigureAwait(false);
        return new JsonObject
        {
            ["nodeId"] = Hex(answer.Peer?.NodeId),
            ["results"] = new JsonArray([.. answer.Results.Select(result => (JsonNode)Describe(result))]),
            ["request"] = Convert.ToHexStringLower(sent),
            ["response"] = Convert.ToHexStringLower(answer.ToByteArray()),
        };
    }

    private static JsonObject Describe(WireFindResult result)
    {
        var described = new JsonObject
        {
            ["kind"] = result.Type >= 0 && result.Type < Kinds.Length ? Kinds[result.Type] : "unknown",
            ["hex"] = Hex(result.Value),
            ["expiration"] = HivemindJson.ToJson(new DhtExpiration(result.ExpirationTime)),
            ["nearest"] = new JsonArray([.. result.NearestNodeIds.Zip(result.NearestPeerIds, (id, peer) => (JsonNode)new JsonObject
            {
                ["nodeId"] = Hex(id),
                ["peerId"] = PeerId.TryDecode(peer.Span, out var decoded) ? decoded.ToString() : Hex(peer),
            })]),
        };
        if (result.Type == DhtProtocol.NotFound)
            return described;
        var value = ValueReader.TryRead(result.Value.Span, out var read) ? HivemindJson.ToJson(read) : null;
        described["value"] = result.Type == DhtProtocol.FoundDictionary && value?["$dictionary"] is { } dictionary ? dictionary.DeepClone() : value;
        return described;
    }

    private async Task<(byte[] Sent, TResponse Answer)> CallAsync<TRequest, TResponse>(PeerId peer, Core.ProtocolId method, TRequest request, MessageParser<TResponse> parser, CancellationToken token)
        where TRequest : IAuthorizedRequest
        where TResponse : IAuthorizedResponse, IMessage<TResponse>
    {
        var authorizer = Context.Options.Authorizer;
        if (authorizer is not null)
            await authorizer.SignRequestAsync(request, token).ConfigureAwait(false);
        var sent = request.ToByteArray();
        await swarm.Dht.FindAddressesAsync(peer, hasFailed: false, token).ConfigureAwait(false);
        var bytes = await swarm.Client.CallAsync(peer, method, sent, Context.Options.CallTimeout, token).ConfigureAwait(false);
        try
        {
            var answer = parser.ParseFrom(bytes.Span);
            return authorizer?.VerifyResponse(answer, request) == false
                ? throw new RpcException(RpcFailure.Unauthorized, $"The answer of peer {peer} is not signed by a member.")
                : (sent, answer);
        }
        catch (InvalidProtocolBufferException error)
        {
            throw new RpcException(RpcFailure.Malformed, $"What peer {peer} sent is no answer of {method}.", error);
        }
    }

    private WireNodeInfo Sender(ControlRequest request)
        => request.Flag("anonymous") ? new WireNodeInfo()
            : request.Text("nodeId") is { } id ? new WireNodeInfo { NodeId = ByteString.CopyFrom(Convert.FromHexString(id)) }
            : swarm.Dht.Caller.Self;

    private static string Hex(ByteString? bytes) => bytes is null ? "" : Convert.ToHexStringLower(bytes.Span);
}
