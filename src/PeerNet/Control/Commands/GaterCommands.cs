using System.Net;
using System.Text.Json.Nodes;
using PeerNet.Identity;
using PeerNet.Multiformats;
using PeerNet.Swarm;

namespace PeerNet.Control.Commands;

/// <summary>Whom the node refuses: <c>block unblock blocked</c>.</summary>
internal static class GaterCommands
{
    public static void Add(ControlCommandTable table, PeerNode node)
    {
        var gater = node.Swarm.Gater;
        table.Add("block", async (request, token) =>
        {
            Change(request.RequiredText("target"), gater.Deny, gater.Deny);
            foreach (var connection in node.Swarm.Connections.Where(connection => !Allowed(node, connection)))
                await connection.CloseAsync(Core.Errors.ErrorCodes.ConnectionGated, token).ConfigureAwait(false);
            return null;
        });
        table.Add("unblock", request =>
        {
            Change(request.RequiredText("target"), gater.RemoveDenied, gater.RemoveDenied);
            return null;
        });
        table.Add("blocked", _ => new JsonObject
        {
            ["rules"] = new JsonArray([
                .. gater.Rules.DeniedPeers.Select(peer => Rule(peer.ToString(), "peer")),
                .. gater.Rules.DeniedNetworks.Select(network => Rule(network.ToString(), "network")),
            ]),
        });
    }

    private static JsonNode Rule(string target, string kind) => new JsonObject { ["target"] = target, ["kind"] = kind };

    private static bool Allowed(PeerNode node, PeerConnection connection)
        => node.Swarm.Gater.AllowSecured(connection.Direction, connection.Peer, connection.Description.RemoteAddress);

    private static void Change(string target, Action<PeerId> peer, Action<IPNetwork> network)
    {
        if (PeerId.TryParse(target, out var id))
            peer(id!);
        else if (IPNetwork.TryParse(target, out var subnet))
            network(subnet);
        else if (IPAddress.TryParse(target, out var ip))
            network(Single(ip.Unmap()));
        else
            throw new ControlException(ControlErrors.InvalidParameters, $"\"{target}\" is neither a peer id, nor an IP address, nor a subnet");
    }

    private static IPNetwork Single(IPAddress ip) => new(ip, ip.GetAddressBytes().Length * 8);
}
