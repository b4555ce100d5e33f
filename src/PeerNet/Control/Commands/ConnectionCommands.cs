using System.Text.Json.Nodes;
using PeerNet.Multiformats;
using PeerNet.Swarm;

namespace PeerNet.Control.Commands;

/// <summary>Connections: <c>dial connections disconnect closeConnection waitConnected waitDisconnected connStats</c>.</summary>
internal static class ConnectionCommands
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    public static void Add(ControlCommandTable table, PeerNode node)
    {
        table.Add("dial", async (request, token) => Shapes.Connection(node, await DialAsync(node, request, token).ConfigureAwait(false)));
        table.Add("connections", request => new JsonObject
        {
            ["connections"] = new JsonArray([.. Select(node, request).Select(connection => (JsonNode)Shapes.Connection(node, connection))]),
        });
        table.Add("disconnect", async (request, token) =>
        {
            var (peer, _) = request.Peer();
            node.Swarm.ConnectionManager.StopKeepingAlive(peer);
            await node.Swarm.DisconnectAsync(peer, token).ConfigureAwait(false);
            return null;
        });
        table.Add("closeConnection", async (request, token) =>
        {
            var connection = ById(node, request.RequiredText("connId"));
            var code = (uint)request.Number("code", 0, 0, uint.MaxValue);
            if (request.Flag("abort"))
                connection.Abort(code);
            else
                await connection.CloseAsync(code, token).ConfigureAwait(false);
            return null;
        });
        table.Add("waitConnected", async (request, token) =>
        {
            var (peer, _) = request.Peer();
            var direct = request.Flag("direct");
            var limited = request.Flag("limited");
            return Shapes.Connection(node, await WaitAsync(
                () => node.Swarm.GetConnections(peer).FirstOrDefault(connection => !connection.IsClosed && (!direct || !connection.IsLimited) && (!limited || connection.IsLimited)),
                node,
                token).ConfigureAwait(false));
        });
        table.Add("waitDisconnected", async (request, token) =>
        {
            var (peer, _) = request.Peer();
            await WaitAsync(() => node.Swarm.GetConnections(peer).Count == 0 ? node : null, node, token).ConfigureAwait(false);
            return null;
        });
        table.Add("connStats", _ => new JsonObject
        {
            ["connections"] = node.Swarm.ConnectionCount,
            ["streams"] = node.Swarm.Connections.Sum(connection => connection.StreamCount),
            ["bytesReceived"] = node.Swarm.Bandwidth.Total.Received,
            ["bytesSent"] = node.Swarm.Bandwidth.Total.Sent,
        });
    }

    /// <summary>Finds a connection.</summary>
    public static PeerConnection ById(PeerNode node, string id)
        => node.Swarm.Connections.FirstOrDefault(connection => connection.Id == id) ?? throw new ControlException(ControlErrors.NotFound, $"no connection {id}");

    /// <summary>The connection that a command works on: the one named, or one to the peer, dialled if need be.</summary>
    public static async ValueTask<PeerConnection> ResolveAsync(PeerNode node, ControlRequest request, CancellationToken token)
    {
        if (request.Text("connId") is { } id)
            return ById(node, id);
        var (peer, address) = request.Peer();
        return node.Swarm.GetConnection(peer)
            ?? await node.Swarm.ConnectAsync(peer, address is null ? null : new ConnectOptions { Addresses = [address] }, token).ConfigureAwait(false);
    }

    private static async ValueTask<PeerConnection> DialAsync(PeerNode node, ControlRequest request, CancellationToken token)
    {
        var force = request.Flag("force");
        var addresses = request.Texts("addrs").Select(ControlRequest.Address).ToArray();
        if (addresses.Length == 0)
        {
            // An explicit wish: the back-off protects against retries, not against people.
            if ((request.Text("addr") ?? request.Text("peer")) is { } text && text.TrimStart().StartsWith('/'))
                return await node.Swarm.ConnectAsync(ControlRequest.Address(text), new ConnectOptions { Force = force, IgnoreBackoff = true }, token).ConfigureAwait(false);
            var (peer, _) = request.Peer();
            return await node.Swarm.ConnectAsync(peer, new ConnectOptions { Force = force, IgnoreBackoff = true }, token).ConfigureAwait(false);
        }

        var target = addresses.Select(address => Identity.MultiaddressPeerIdExtensions.TryGetPeerId(address, out var id) ? id : null).FirstOrDefault(id => id is not null)
            ?? throw new ControlException(ControlErrors.InvalidParameters, "none of \"addrs\" has a /p2p part");
        return await node.Swarm.ConnectAsync(target, new ConnectOptions { Addresses = addresses, Force = force, IgnoreBackoff = true }, token).ConfigureAwait(false);
    }

    private static IReadOnlyList<PeerConnection> Select(PeerNode node, ControlRequest request)
        => request.Has("peer") ? node.Swarm.GetConnections(request.Peer().Peer) : node.Swarm.Connections;

    /// <summary>Waits until a check finds something.</summary>
    public static async ValueTask<T> WaitAsync<T>(Func<T?> check, PeerNode node, CancellationToken token)
        where T : class
    {
        while (true)
        {
            if (check() is { } found)
                return found;
            await Task.Delay(PollInterval, node.Swarm.Time, token).ConfigureAwait(false);
        }
    }
}
