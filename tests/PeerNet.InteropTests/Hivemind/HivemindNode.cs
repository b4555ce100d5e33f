using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.Multiformats;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>A node of ours that is a member of a Hivemind swarm, inside the test's process.</summary>
internal sealed class HivemindNode(PeerNode node, HivemindSwarm swarm) : IAsyncDisposable
{
    // The machine that runs the tests is slow; the protocol's own three seconds are tested in virtual time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public PeerNode Node => node;

    public HivemindSwarm Swarm => swarm;

    public HivemindDht Dht => swarm.Dht;

    public string Address => node.Addresses[0];

    public static Task<HivemindNode> JoinAsync(PeerProcess? initial, DhtOptions? options = null, CancellationToken token = default)
        => JoinAsync(initial?.Addresses[0], options, null, token);

    /// <summary>Starts a node and joins.</summary>
    /// <param name="initial">A member's address; null begins a swarm.</param>
    /// <param name="options">The table's options.</param>
    /// <param name="folder">Where the node keeps its identity and its records; null for nowhere.</param>
    /// <param name="token">Ends the wait.</param>
    public static async Task<HivemindNode> JoinAsync(string? initial, DhtOptions? options = null, string? folder = null, CancellationToken token = default)
    {
        var builder = PeerNode.CreateBuilder().WithOptions(Presets.Loopback());
        if (folder is not null)
            builder.WithDataFolder(folder);
        var node = await builder.StartAsync(token);
        try
        {
            options = (options ?? DhtOptions.Default) with
            {
                InitialPeers = initial is null ? [] : [Multiaddress.Parse(initial)],
                CallTimeout = Patience,
                BootstrapTimeout = Patience,
            };
            return new HivemindNode(node, await node.JoinHivemindAsync(options, token: token));
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await swarm.DisposeAsync();
        await node.DisposeAsync();
    }
}
