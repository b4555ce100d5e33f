using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Swarm;

namespace PeerNet.Control.Commands;

/// <summary>The measuring commands: <c>echoBench streamsBench handshakeBench</c>.</summary>
internal static class BenchCommands
{
    public static void Add(ControlCommandTable table, PeerNode node)
    {
        table.Add("echoBench", (request, token) =>
        {
            var size = (int)request.Number("size", 64, 1, 1 << 24);
            return BenchRunner.RunAsync(node.Swarm.Time, Count(request, 1000), Workers(request), async _ =>
            {
                var stream = await StreamCommands.OpenAsync(node, request, [request.Text("protocol") ?? TestProtocols.Echo.Value], token).ConfigureAwait(false);
                var data = new byte[size];
                var back = new byte[size];
                return inner => EchoAsync(stream, data, back, inner);
            }, token);
        });
        table.Add("streamsBench", (request, token) =>
        {
            var protocol = request.Text("protocol") ?? TestProtocols.Echo.Value;
            var data = new byte[request.Number("size", 16, 1, 1 << 20)];
            return BenchRunner.RunAsync(node.Swarm.Time, Count(request, 1000), Workers(request), async _ =>
            {
                await ConnectionCommands.ResolveAsync(node, request, token).ConfigureAwait(false);
                var back = new byte[data.Length];
                return async inner =>
                {
                    await using var stream = await StreamCommands.OpenAsync(node, request, [protocol], inner).ConfigureAwait(false);
                    await EchoAsync(stream, data, back, inner).ConfigureAwait(false);
                };
            }, token);
        });
        table.Add("handshakeBench", (request, token) =>
        {
            var address = ControlRequest.Address(request.RequiredText("addr"));
            return BenchRunner.RunAsync(node.Swarm.Time, Count(request, 100), Workers(request), _ =>
                ValueTask.FromResult<Func<CancellationToken, ValueTask>>(inner => HandshakeAsync(node, address, request.Flag("identify"), inner)), token);
        });
    }

    private static int Count(ControlRequest request, int fallback) => (int)request.Number("count", fallback, 1, 100_000_000);

    private static int Workers(ControlRequest request) => (int)request.Number("concurrency", 1, 1, 10_000);

    private static async ValueTask EchoAsync(PeerStream stream, byte[] data, byte[] back, CancellationToken token)
    {
        await stream.WriteAsync(data, token).ConfigureAwait(false);
        for (var read = 0; read < back.Length;)
        {
            var count = await stream.ReadAsync(back.AsMemory(read), token).ConfigureAwait(false);
            if (count == 0)
                throw new ConnectionClosedException(ConnectionCloseReason.Remote, "The echo ended early.");
            read += count;
        }
    }

    // A connection through the whole swarm: dialled, secured, multiplexed, and with "identify" identified, then closed.
    private static async ValueTask HandshakeAsync(PeerNode node, Multiformats.Multiaddress address, bool identify, CancellationToken token)
    {
        var connection = await node.Swarm.ConnectAsync(address, new ConnectOptions { Force = true, OnlyTheseAddresses = true, NoPortReuse = true, IgnoreBackoff = true }, token).ConfigureAwait(false);
        if (identify)
            await connection.Identified.WaitAsync(token).ConfigureAwait(false);
        connection.Abort();
    }
}
