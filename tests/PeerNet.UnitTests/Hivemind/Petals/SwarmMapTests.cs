using Microsoft.Extensions.Time.Testing;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Petals;
using PeerNet.Identity;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Hivemind.Petals;

/// <summary>Announcements and their readers, in virtual time where time matters.</summary>
[TestClass]
public sealed class SwarmMapTests
{
    private const int Patience = 60_000;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task A_server_is_announced_seen_and_taken_back()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var swarm = await MemorySwarm.StartAsync(1, time);
        var directory = new PetalsDirectory(swarm.Members[0].Dht);
        await using var map = new SwarmMap(directory, new SwarmMapOptions { RefreshPeriod = TimeSpan.FromMinutes(1) });
        await map.RefreshAsync(Token);
        Assert.IsEmpty(map.Current.Models);

        var what = new ServerAnnouncement { Prefix = "toy-hf", StartBlock = 1, EndBlock = 3, Model = new ModelInfo(4, "x/y") };
        var info = new ServerInfo { State = ServerState.Joining, Throughput = 2 };
        await using (var announcer = new ServerAnnouncer(directory, what, info))
        {
            Assert.IsTrue(await announcer.UpdateAsync(info with { State = ServerState.Online, Throughput = 3 }, Token));
            var seen = map.WaitForRefreshAsync(Token);
            time.Advance(TimeSpan.FromMinutes(1));
            var view = await seen;
            var model = view.Models["toy-hf"];
            Assert.AreEqual("x/y", model.Info!.Repository);
            CollectionAssert.AreEqual(new[] { 0.0, 3.0, 3.0, 0.0 }, model.Coverage.Select(block => block.Throughput).ToArray());
            var span = model.SpansOf(ServerState.Online).Single();
            Assert.AreEqual((swarm.Nodes[0].Id, 1, 3), (span.Peer, span.Start, span.End));
        }

        var after = await map.RefreshAsync(Token);
        Assert.AreEqual(ServerState.Offline, after.Models["toy-hf"].Blocks[1].Servers.Single().Value.State);
        time.Advance(TimeSpan.FromHours(1));
        Assert.IsEmpty((await map.RefreshAsync(Token)).Models);
        Assert.AreEqual(TimeSpan.Zero, map.Age);
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task Models_that_are_not_registered_are_read_by_name()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
        await using var swarm = await MemorySwarm.StartAsync(1, time);
        var directory = new PetalsDirectory(swarm.Members[0].Dht);
        await directory.DeclareAsync("_secret", [0, 1], new ServerInfo { State = ServerState.Online, Throughput = 1, StartBlock = 0, EndBlock = 2 }, new DhtExpiration(1_800_000_100), Token);
        Assert.IsNull(await directory.GetModelAsync("_secret", Token));
        var options = new SwarmMapOptions { Models = ["_secret", "other"], UnregisteredBlockCounts = new Dictionary<string, int> { ["_secret"] = 2 } };
        await using var map = new SwarmMap(directory, options);
        var view = await map.RefreshAsync(Token);
        Assert.IsTrue(view.Models.Single().Value.IsComplete);
    }

    [TestMethod]
    public void Round_trips_are_smoothed_and_forgotten()
    {
        var time = new FakeTimeProvider();
        var pings = new PingAverages(time);
        var peer = PeerStreamPair.KeyOf(1).PeerId;
        pings.Add(peer, null);
        Assert.AreEqual(double.PositiveInfinity, pings.ToNextPings()[peer.ToString()]);
        pings.Add(peer, TimeSpan.FromSeconds(1));
        pings.Add(peer, TimeSpan.FromSeconds(2));
        Assert.AreEqual(1.2, pings.ToNextPings()[peer.ToString()], 1e-9);
        time.Advance(TimeSpan.FromSeconds(300));
        Assert.IsEmpty(pings.ToNextPings());
    }
}
