using System.Text.Json.Nodes;
using PeerNet.Swarm.Peers;

namespace PeerNet.Control.Commands;

/// <summary>The peer store: <c>peers peer addAddrs forget tag</c>.</summary>
internal static class PeerStoreCommands
{
    private const string KeepAlivePrefix = "keep-alive";

    public static void Add(ControlCommandTable table, PeerNode node)
    {
        var store = node.Swarm.PeerStore;
        table.Add("peers", _ => new JsonObject
        {
            ["peers"] = new JsonArray([.. store.Peers.Select(store.Get).OfType<PeerSnapshot>().Select(peer => (JsonNode)Shapes.Peer(peer))]),
        });
        table.Add("peer", request =>
        {
            var (peer, _) = request.Peer();
            return store.Get(peer) is { } snapshot ? Shapes.Peer(snapshot) : throw new ControlException(ControlErrors.NotFound, $"nothing is known of {peer}");
        });
        table.Add("addAddrs", request =>
        {
            var (peer, _) = request.Peer();
            store.AddAddresses(peer, request.Texts("addrs").Select(ControlRequest.Address).ToArray(), AddressTtl.General, AddressSource.Manual);
            return null;
        });
        table.Add("forget", request =>
        {
            store.Remove(request.Peer().Peer);
            return null;
        });
        table.Add("tag", request =>
        {
            var (peer, _) = request.Peer();
            var tag = request.Text("tag") ?? "keep-alive-lab";
            node.Swarm.ConnectionManager.Tag(peer, tag, (int)request.Number("value", 50, int.MinValue, int.MaxValue));
            if (tag.StartsWith(KeepAlivePrefix, StringComparison.Ordinal))
                node.Swarm.ConnectionManager.KeepAlive(peer);
            return null;
        });
    }
}
