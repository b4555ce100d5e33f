using PeerNet.Hivemind;
using PeerNet.Hivemind.Dht;
using PeerNet.InteropTests.Protocols;
using PeerNet.Multiformats;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>A node of ours that is a member of a Hivemind swarm, inside the test's process.</summary>
internal sealed class HivemindNode(OwnNode own, HivemindSwarm swarm) : IAsyncDisposable
{
    // The machine that runs the tests is slow; the protocol's own three seconds are tested in virtual time.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public OwnNode Own => own;

    public HivemindSwarm Swarm => swarm;

    public HivemindDht Dht => swarm.Dht;

    public static async Task<HivemindNode> JoinAsync(PeerProcess? initial, DhtOptions? options = null, CancellationToken token = default)
    {
        var own = await OwnNode.StartAsync();
        try
        {
            options = (options ?? DhtOptions.Default) with
            {
                InitialPeers = initial is null ? [] : [Multiaddress.Parse(initial.Addresses[0])],
                CallTimeout = Patience,
                BootstrapTimeout = Patience,
            };
            return new HivemindNode(own, await HivemindSwarm.JoinAsync(own.Swarm, options, token: token));
        }
        catch
        {
            await own.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await swarm.DisposeAsync();
        await own.DisposeAsync();
    }
}
