using Microsoft.Extensions.Logging;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Rpc;
using PeerNet.Swarm;

namespace PeerNet.Hivemind;

/// <summary>Membership in a Hivemind swarm: its calls and its table, over a swarm of this process. Thread-safe.</summary>
public sealed class HivemindSwarm : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    private HivemindSwarm(RpcClient client, RpcServer server, HivemindDht dht)
    {
        Client = client;
        Server = server;
        Dht = dht;
    }

    /// <summary>Calls methods of peers.</summary>
    public RpcClient Client { get; }

    /// <summary>Serves methods to peers.</summary>
    public RpcServer Server { get; }

    /// <summary>The table of records.</summary>
    public HivemindDht Dht { get; }

    /// <summary>Joins a swarm, or begins one where no initial peer is named.</summary>
    /// <exception cref="DhtException">No initial peer answered, or one of them found a fault with this node.</exception>
    public static async Task<HivemindSwarm> JoinAsync(SwarmHost swarm, DhtOptions? options = null, RpcOptions? rpc = null, ILoggerFactory? loggers = null, CancellationToken token = default)
    {
        var client = new RpcClient(swarm, rpc);
        var server = new RpcServer(swarm, rpc);
        return new HivemindSwarm(client, server, await HivemindDht.JoinAsync(swarm, client, server, options, loggers, token).ConfigureAwait(false));
    }

    /// <summary>Leaves the swarm: stops serving. The connections stay.</summary>
    public async ValueTask DisposeAsync()
    {
        await Dht.DisposeAsync().ConfigureAwait(false);
        foreach (var part in _owned)
            await part.DisposeAsync().ConfigureAwait(false);
        _owned.Clear();
    }

    /// <summary>Has something end with the membership. Not for after its end.</summary>
    internal void Own(IAsyncDisposable part) => _owned.Add(part);
}
