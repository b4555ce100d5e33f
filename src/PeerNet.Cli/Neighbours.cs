using Microsoft.Extensions.Logging;
using PeerNet.Configuration;

namespace PeerNet.Cli;

/// <summary>Nodes in the same process that join ours over loopback, so that a newcomer sees a network at once. They keep nothing.</summary>
internal sealed class Neighbours : IAsyncDisposable
{
    private readonly List<PeerNode> _nodes = [];

    private Neighbours()
    {
    }

    public int Count => _nodes.Count;

    public static async Task<Neighbours> StartAsync(PeerNode node, int count, ILoggerFactory loggers, CancellationToken token)
    {
        var neighbours = new Neighbours();
        try
        {
            for (var i = 1; i <= count; i++)
            {
                var options = new PeerNodeOptions { Agent = $"peernet-neighbour/{i}", Listen = ["/ip4/127.0.0.1/tcp/0"] };
                foreach (var other in neighbours._nodes.Append(node))
                {
                    foreach (var address in other.Addresses.Where(address => address.Contains("/ip4/127.0.0.1/tcp/", StringComparison.Ordinal) && !address.Contains("/ws", StringComparison.Ordinal)))
                        options.Bootstrap.Add(address);
                }

                neighbours._nodes.Add(await PeerNode.CreateBuilder().WithOptions(options).WithLogging(loggers).StartAsync(token));
            }

            return neighbours;
        }
        catch
        {
            await neighbours.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
    }
}
