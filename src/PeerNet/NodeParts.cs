using Microsoft.Extensions.Logging;
using PeerNet.Core.Transports;
using PeerNet.Dht;
using PeerNet.Identity;
using PeerNet.Protocols.Fetch;
using PeerNet.Protocols.Identify;
using PeerNet.Protocols.Perf;
using PeerNet.Protocols.Ping;
using PeerNet.Storage;
using PeerNet.Swarm;

namespace PeerNet;

/// <summary>What a node is made of, in the order in which it ends: protocols, swarm (ended before by the node), identity, folder.</summary>
internal sealed class NodeParts : IAsyncDisposable
{
    public required SwarmHost Swarm { get; init; }

    public required IAddressResolver Resolver { get; init; }

    public required IdentifyService Identify { get; init; }

    public required PingService Ping { get; init; }

    public required PerfService Perf { get; init; }

    public required FetchService Fetch { get; init; }

    public required string Agent { get; init; }

    public required ILogger Log { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The node's part in distributed hash tables; null when it takes none.</summary>
    public NodeDht? Dht { get; init; }

    public DataFolder? Folder { get; init; }

    /// <summary>The node's memory on disk; null when it keeps nothing.</summary>
    public NodeStorage? Storage { get; init; }

    /// <summary>The key, when the node made or loaded it itself.</summary>
    public PrivateKey? OwnedKey { get; init; }

    public async ValueTask DisposeAsync()
    {
        if (Dht is not null)
            await Dht.DisposeAsync().ConfigureAwait(false);
        await Identify.DisposeAsync().ConfigureAwait(false);
        Ping.Dispose();
        Perf.Dispose();
        Fetch.Dispose();
        if (Storage is not null)
            await Storage.DisposeAsync().ConfigureAwait(false);
        OwnedKey?.Dispose();
        Folder?.Dispose();
    }
}
