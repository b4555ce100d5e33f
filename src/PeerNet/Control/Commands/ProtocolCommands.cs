using System.Text.Json.Nodes;

namespace PeerNet.Control.Commands;

/// <summary>The protocols every peer has: <c>ping identify identifyInfo identifyPush perf</c>.</summary>
internal static class ProtocolCommands
{
    public static void Add(ControlCommandTable table, PeerNode node, IdentifiedPeers identified)
    {
        table.Add("ping", async (request, token) =>
        {
            var connection = await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
            var count = request.Number("count", 1, 1, 1_000_000);
            var pause = TimeSpan.FromMilliseconds(request.Number("every", 0, 0, 3_600_000));
            var times = new JsonArray();
            for (var i = 0L; i < count; i++)
            {
                if (i > 0 && pause > TimeSpan.Zero)
                    await Task.Delay(pause, node.Swarm.Time, token).ConfigureAwait(false);
                times.Add((JsonNode)JsonValue.Create(Math.Round((await node.Ping.PingAsync(connection.Peer, token).ConfigureAwait(false)).TotalMilliseconds, 4)));
            }

            return new JsonObject { ["rtts"] = times };
        });
        table.Add("identify", async (request, token) =>
        {
            var connection = await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
            return IdentifyShape.Of(connection.Peer, connection, await node.Identify.IdentifyAsync(connection.Peer, token).ConfigureAwait(false));
        });
        table.Add("identifyInfo", async (request, token) =>
        {
            var (peer, _) = request.Peer();
            return await ConnectionCommands.WaitAsync(() => identified.Get(peer), node, token).ConfigureAwait(false);
        });
        table.Add("identifyPush", async (_, token) =>
        {
            await node.Identify.PushAsync(token).ConfigureAwait(false);
            return null;
        });
        table.Add("perf", async (request, token) =>
        {
            var connection = await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
            var up = (ulong)request.Number("up", 0, 0, 1L << 50);
            var down = (ulong)request.Number("down", 0, 0, 1L << 50);
            var result = await node.Perf.MeasureAsync(connection.Peer, up, down, token: token).ConfigureAwait(false);
            return new JsonObject
            {
                ["up"] = up,
                ["down"] = down,
                ["upMs"] = Math.Round(result.UploadTime.TotalMilliseconds, 3),
                ["downMs"] = Math.Round(result.DownloadTime.TotalMilliseconds, 3),
                ["upMbps"] = Math.Round(result.UploadBitsPerSecond / 1e6, 1),
                ["downMbps"] = Math.Round(result.DownloadBitsPerSecond / 1e6, 1),
            };
        });
    }
}
