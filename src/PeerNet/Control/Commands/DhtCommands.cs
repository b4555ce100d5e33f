using System.Text;
using System.Text.Json.Nodes;
using PeerNet.Dht;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Protocols.Kad;

namespace PeerNet.Control.Commands;

/// <summary>The distributed hash table: <c>dht* findPeer</c>.</summary>
internal static class DhtCommands
{
    public static void Add(ControlCommandTable table, PeerNode node)
    {
        if (node.Dht is not { } dht)
            return;
        table.Add("dhtMode", request =>
        {
            if (request.Text("mode") is { } mode)
                dht.Mode = Enum.TryParse<KadMode>(mode, ignoreCase: true, out var parsed) ? parsed : throw new ControlException(ControlErrors.InvalidParameters, "\"mode\" is client, server or auto");
            return new JsonObject { ["mode"] = dht.Tables.Any(t => t.IsServing) ? "server" : "client" };
        });
        table.Add("dhtTable", _ => Table(dht));
        table.Add("dhtRefresh", async (_, token) =>
        {
            await dht.RefreshAsync(token).ConfigureAwait(false);
            return null;
        });
        table.Add("dhtPut", async (request, token) =>
        {
            var results = await dht.PutValueAsync(Bytes(request.RequiredText("key")), Bytes(request.RequiredText("value")), token).ConfigureAwait(false);
            return new JsonObject { ["stored"] = Shapes.List(results.SelectMany(result => result.Stored)), ["requests"] = results.Sum(result => result.Requests) };
        });
        table.Add("dhtGet", async (request, token) =>
        {
            int? quorum = request.Has("quorum") ? (int)request.Number("quorum", 0, 0, 1000) : null;
            var found = await dht.GetValueAsync(Bytes(request.RequiredText("key")), quorum, token).ConfigureAwait(false)
                ?? throw new ControlException(ControlErrors.NotFound, "not found");
            return new JsonObject
            {
                ["value"] = Encoding.UTF8.GetString(found.Value.Span),
                ["hex"] = Convert.ToHexStringLower(found.Value.Span),
                ["copies"] = found.Copies,
                ["found"] = new JsonArray(new JsonObject { ["text"] = Encoding.UTF8.GetString(found.Value.Span) }),
            };
        });
        table.Add("dhtProvide", async (request, token) =>
        {
            var (key, cid) = Content(request);
            var results = await dht.ProvideAsync(key, token).ConfigureAwait(false);
            return new JsonObject { ["cid"] = cid, ["stored"] = Shapes.List(results.SelectMany(result => result.Stored)) };
        });
        table.Add("dhtFindProviders", async (request, token) =>
        {
            var (key, cid) = Content(request);
            var providers = new JsonArray();
            await foreach (var provider in dht.FindProvidersAsync(key, (int)request.Number("count", 20, 1, 1000), token).ConfigureAwait(false))
                providers.Add((JsonNode)Peer(provider));
            return new JsonObject { ["cid"] = cid, ["providers"] = providers };
        });
        ControlCommand find = async (request, token) =>
        {
            var (peer, _) = request.Peer();
            var found = await dht.FindPeerAsync(peer, token).ConfigureAwait(false) ?? throw new ControlException(ControlErrors.NotFound, "not found");
            return Peer(found.Peer);
        };
        table.Add("dhtFindPeer", find);
        table.Add("findPeer", find);
        table.Add("dhtClosest", async (request, token) =>
        {
            var closest = await dht.GetClosestPeersAsync(ClosestKey(request.RequiredText("key")), token).ConfigureAwait(false);
            return new JsonObject { ["peers"] = Shapes.List(closest.Select(peer => peer.Id)), ["details"] = new JsonArray([.. closest.Select(peer => (JsonNode)Peer(peer))]) };
        });
        table.Add("crawl", async (request, token) =>
        {
            var peers = new JsonArray();
            var kad = dht.Tables.OrderByDescending(t => t.TableCount).First();
            var crawler = new NetworkCrawler(node.Swarm, kad) { MaxPeers = (int)request.Number("max", 100_000, 1, 1_000_000) };
            foreach (var peer in await crawler.CrawlAsync(token: token).ConfigureAwait(false))
            {
                peers.Add((JsonNode)new JsonObject
                {
                    ["peerId"] = peer.Peer.ToString(),
                    ["agent"] = peer.Agent,
                    ["addrs"] = Shapes.List(peer.Addresses),
                    ["serves"] = peer.Serves,
                    ["neighbours"] = peer.Neighbours,
                    ["reachable"] = peer.Error is null,
                    ["error"] = peer.Error,
                });
            }

            return new JsonObject { ["protocol"] = kad.Protocol.Value, ["peers"] = peers };
        });
        table.Add("dhtAsk", async (request, token) =>
        {
            var connection = await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
            if ((request.Text("type") ?? "FIND_NODE") != "FIND_NODE")
                throw new ControlException(ControlErrors.UnsupportedCommand, "this peer asks FIND_NODE only");
            var key = request.Has("key") ? ClosestKey(request.RequiredText("key")) : Content(request).Key.Bytes;
            var kad = dht.Tables.FirstOrDefault(t => node.Swarm.PeerStore.Supports(connection.Peer, t.Protocol)) ?? dht.Tables[^1];
            var answer = await kad.AskClosestPeersAsync(connection.Peer, key, token).ConfigureAwait(false);
            return new JsonObject { ["closer"] = new JsonArray([.. answer.Select(peer => (JsonNode)Peer(peer))]) };
        });
    }

    private static JsonObject Table(NodeDht dht)
    {
        var members = dht.Tables.SelectMany(table => table.GetTable().Select(member => (table.Protocol, Member: member))).ToArray();
        return new JsonObject
        {
            ["size"] = members.Select(entry => entry.Member.Peer).Distinct().Count(),
            ["peers"] = Shapes.List(members.Select(entry => entry.Member.Peer).Distinct()),
            ["tables"] = new JsonArray([.. dht.Tables.Select(table => (JsonNode)new JsonObject
            {
                ["protocol"] = table.Protocol.Value,
                ["serving"] = table.IsServing,
                ["networkSize"] = table.NetworkSize is { } size ? Math.Round(size) : null,
                ["members"] = new JsonArray([.. table.GetTable().Select(member => (JsonNode)new JsonObject { ["peerId"] = member.Peer.ToString(), ["bucket"] = member.Bucket })]),
            })]),
        };
    }

    private static JsonObject Peer(KadPeer peer) => new() { ["peerId"] = peer.Id.ToString(), ["addrs"] = Shapes.List(peer.Addresses) };

    // "0x…" is hexadecimal; anything else is the text itself.
    private static byte[] Bytes(string text)
    {
        if (!text.StartsWith("0x", StringComparison.Ordinal))
            return Encoding.UTF8.GetBytes(text);
        try
        {
            return Convert.FromHexString(text.AsSpan(2));
        }
        catch (FormatException)
        {
            throw new ControlException(ControlErrors.InvalidParameters, $"\"{text}\" is not hexadecimal");
        }
    }

    // A peer id is looked for by its bytes; a CID by its hash.
    private static ReadOnlyMemory<byte> ClosestKey(string text)
    {
        if (PeerId.TryParse(text, out var peer))
            return peer!.Bytes;
        return Cid.TryParse(text, out var cid) ? cid!.Hash.Bytes : Bytes(text);
    }

    private static (ContentKey Key, string Cid) Content(ControlRequest request)
    {
        if (request.Text("cid") is { } text)
        {
            return ContentKey.TryParse(text, out var key)
                ? (key, text)
                : throw new ControlException(ControlErrors.InvalidParameters, $"\"{text}\" is neither a CID nor a multihash");
        }

        var content = request.Text("text") ?? "";
        return (ContentKey.FromText(content), ContentKey.CidOf(content).ToString());
    }
}
