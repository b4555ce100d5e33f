using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Moe;
using PeerNet.Hivemind.Petals;
using PeerNet.Identity;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>Records of experts and of Petals between a node of ours and real Hivemind nodes, which read and write them with Hivemind's own functions.</summary>
[TestClass, TestCategory("Interop"), TestCategory("LongRunning")]
public sealed class ApplicationInteropTests
{
    private const int Patience = 300_000;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    private static DhtExpiration Soon => DhtExpiration.From(DateTimeOffset.UtcNow) + TimeSpan.FromMinutes(10);

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Hivemind);

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Experts_are_declared_and_found_both_ways() => RunAsync(async (node, peer) =>
    {
        var directory = new ExpertDirectory(node.Dht);
        ExpertUid[] ours = [ExpertUid.Parse("ffn.0.1"), ExpertUid.Parse("ffn.1.0"), ExpertUid.Parse("one.3")];
        Assert.IsTrue((await directory.DeclareAsync(ours, Soon, Token)).All(taken => taken));
        await peer.CallAsync("declareExperts", new { uids = new[] { "ffn.1.1", "ffn.2.0", "one.4" }, ttl = 600 }, cancellation: Token);

        var seen = await peer.CallAsync("getExperts", new { uids = new[] { "ffn.0.1", "one.3" } }, cancellation: Token);
        Assert.IsTrue(seen.Items("experts").All(expert => expert.Text("peerId") == node.Node.PeerId.ToString()), seen.ToString());
        var found = await directory.FindAsync([ExpertUid.Parse("ffn.2.0"), ExpertUid.Parse("ffn.9.9")], Token);
        Assert.AreEqual(peer.PeerId, found[0]?.Peer.ToString());
        Assert.IsNull(found[1]);

        var successors = await directory.GetSuccessorsAsync([ExpertPrefix.Parse("ffn.1."), ExpertPrefix.Parse("one.4.")], Token);
        CollectionAssert.AreEqual(new[] { 0, 1 }, successors[0].Keys.ToArray());
        Assert.AreEqual("one.4", successors[1][MoeProtocol.FlatExpert].Uid.Text);
        var theirs = await peer.CallAsync("activeSuccessors", new { prefixes = new[] { "ffn.1." } }, cancellation: Token);
        Assert.AreEqual("ffn.1.0", theirs.GetProperty("successors").GetProperty("ffn.1.").GetProperty("0").Text("uid"));

        // The same grid and scores: the same experts in the same order.
        double[][] scores = [[1, 5, 3], [2, 4]];
        var best = await directory.SearchAsync(ExpertPrefix.Parse("ffn."), scores, 3, Token);
        var theirBest = await peer.CallAsync("beamSearch", new { prefix = "ffn.", scores, beamSize = 3 }, cancellation: Token);
        CollectionAssert.AreEqual(theirBest.Items("experts").Select(expert => expert.Text("uid")).ToArray(), best.Select(scored => scored.Expert.Uid.Text).ToArray());
        CollectionAssert.AreEqual(new[] { "ffn.1.1", "ffn.1.0", "ffn.2.0" }, best.Select(scored => scored.Expert.Uid.Text).ToArray());
        Assert.HasCount(1, await directory.SearchAsync(ExpertPrefix.Parse("one."), [[0, 0, 0, 9, 1]], 1, Token));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Blocks_are_announced_and_mapped_both_ways() => RunAsync(async (node, peer) =>
    {
        var directory = new PetalsDirectory(node.Dht);
        var what = new ServerAnnouncement { Prefix = "toy-hf", StartBlock = 0, EndBlock = 3, Model = new ModelInfo(5, "x/toy") };
        var info = new ServerInfo
        {
            State = ServerState.Online,
            Throughput = 12.5,
            Version = "2.3.0",
            InferenceRps = 4,
            Adapters = ["a/b"],
            CacheTokensLeft = 4096,
            NextPings = new Dictionary<string, double> { [peer.PeerId] = 0.25 },
        };
        await peer.CallAsync("declareModules", new { prefix = "toy-hf", start = 2, end = 4, info = new { state = 2, throughput = 7.0 }, ttl = 600 }, cancellation: Token);
        await using (var announcer = new ServerAnnouncer(directory, what, info))
        {
            Assert.IsTrue(await announcer.UpdateAsync(info, Token));
            var seen = await peer.CallAsync("getModules", new { prefix = "toy-hf", start = 0, end = 5, latest = true }, cancellation: Token);
            var block = seen.GetProperty("blocks").GetProperty("toy-hf.2");
            Assert.AreEqual(12.5, block.GetProperty(node.Node.PeerId.ToString()).Number("throughput"), block.ToString());
            Assert.AreEqual(7, block.GetProperty(peer.PeerId).Number("throughput"), block.ToString());

            await using var map = new SwarmMap(directory);
            var model = (await map.RefreshAsync(Token)).Models["toy-hf"];
            CollectionAssert.AreEqual(new[] { 12.5, 12.5, 19.5, 7, 0 }, model.Coverage.Select(covered => covered.Throughput).ToArray());
            Assert.AreEqual(4, model.WeakestBlocks(1)[0].Block);
            CollectionAssert.AreEqual(new[] { (node.Node.PeerId, 0, 3), (PeerId.Parse(peer.PeerId), 2, 4) }, model.SpansOf(ServerState.Online).Select(span => (span.Peer, span.Start, span.End)).ToArray());
            Assert.AreEqual(0.25, model.Blocks[0].Servers[node.Node.PeerId].NextPings![peer.PeerId]);
        }

        var after = await peer.CallAsync("getModules", new { prefix = "toy-hf", start = 0, end = 1, latest = true }, cancellation: Token);
        StringAssert.Contains(after.ToString(), "12.5");
        Assert.IsEmpty((await directory.GetModelAsync("toy-hf", Token))!.SpansOf(ServerState.Online).Where(span => span.Peer == node.Node.PeerId));
    });

    private Task RunAsync(Func<HivemindNode, PeerProcess, Task> scenario) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--set", "wait_timeout=30"), Token);
        await using var node = await HivemindNode.JoinAsync(peer, token: Token);
        await scenario(node, peer);
    });
}
