using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Testing;
using PeerNet.Testing.Swarm;
using PeerNet.UnitTests.Swarm;

namespace PeerNet.UnitTests.Protocols.Kad;

/// <summary>A table that ends while it still looks for its first peers.</summary>
[TestClass]
public sealed class KadEarlyEndTests : SwarmTest
{
    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task An_end_while_the_first_peers_are_dialled_warns_of_nothing(bool swarmEndsFirst)
    {
        var log = new WarningLog();
        var swarm = Lab.Create();
        var kad = Start(swarm, log, FakeRoute.BlackHole);
        await FakeSwarm.UntilAsync(() => swarm.DialsInFlight == 2);
        if (swarmEndsFirst)
            await EndAsync(swarm.DisposeAsync().AsTask());
        await EndAsync(kad.DisposeAsync().AsTask());
        Assert.IsEmpty(log.Messages);
    }

    [TestMethod]
    public async Task That_none_of_the_first_peers_is_there_is_a_warning()
    {
        var log = new WarningLog();
        var swarm = Lab.Create();
        var kad = Start(swarm, log, FakeRoute.NoNetwork);
        await Lab.AdvanceUntilAsync(() => !log.Messages.IsEmpty, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.Contains("none of the peers to begin with", log.Messages.First());
        await EndAsync(kad.DisposeAsync().AsTask());
    }

    private KadService Start(PeerNet.Swarm.SwarmHost swarm, WarningLog log, FakeRoute route)
    {
        var first = Enumerable.Range(1, 2).Select(port => Address($"/ip4/127.0.0.1/tcp/{port}")).ToArray();
        foreach (var address in first)
            Lab.Network.Route(address, route);
        return new KadService(
            swarm,
            new KadOptions { Protocol = "/test/kad/1.0.0", Scope = KadScope.Any, BootstrapPeers = [.. first.Select(address => address.WithPeerId(Lab.NewKey().PeerId))], Seed = 1 },
            loggerFactory: log);
    }

    private async Task EndAsync(Task ending)
    {
        await Lab.AdvanceUntilAsync(() => ending.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        await ending;
    }
}
