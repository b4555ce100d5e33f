using System.Diagnostics;
using System.Text.Json;
using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Tensors;
using PeerNet.Identity;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>
/// Groups of Hivemind's own averagers, with real torch, and of ours. They belong to no other run than <c>make test-averaging</c>: torch is
/// large, and each of its processes needs half a gigabyte.
/// </summary>
[TestClass, TestCategory("Averaging"), DoNotParallelize]
public sealed class AveragingInteropTests
{
    private const int Patience = 900_000;

    // Long enough for a machine that is busy: with a target size the last member begins the round.
    private const int MatchmakingSeconds = 60;
    private const int StepSeconds = 400;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(StepSeconds + 30);

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static async Task InstallPeers(TestContext _)
    {
        await PeerKinds.PrepareAsync(PeerKind.Hivemind);
        var program = await PeerKinds.RequireAsync(PeerKind.Hivemind);
        using var check = Process.Start(new ProcessStartInfo(program.FileName, ["-c", "import torch, scipy"]) { RedirectStandardError = true })!;
        await check.WaitForExitAsync();
        if (check.ExitCode != 0)
            Assert.Inconclusive("torch is not installed; make test-averaging installs it");
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    [DataRow(1, 1, true), DataRow(1, 1, false), DataRow(2, 2, true), DataRow(2, 2, false), DataRow(4, 4, true), DataRow(4, 4, false)]
    public Task Every_member_ends_with_the_same_average(int pythons, int ours, bool weLead) => RunAsync(pythons, ours, new { }, Options(pythons + ours), async group =>
    {
        var (results, theirs) = await group.StepAsync(weLead, Token);
        var weight = 0.0;
        var sum = 0.0;
        for (var i = 0; i < group.Count; i++)
        {
            weight += i + 1;
            sum += (i + 1.0) * i;
        }

        group.AssertTensors(sum / weight, 1e-5, theirs);
        foreach (var result in results)
        {
            Assert.AreEqual(1, result.ReceivedFraction);
            Assert.AreEqual(weLead, group.OurIds.Contains(result.Leader), $"led by {result.Leader}");
            CollectionAssert.AreEquivalent(Enumerable.Range(0, group.Count).ToArray(), result.Members.Select(member => (int)((IntegerValue)member.Gather).Value).ToArray());
        }

        foreach (var result in theirs)
            CollectionAssert.AreEqual(results[0].Members.Select(member => member.Peer.ToString()).ToArray(), result.Items("group").Select(member => member.Text("peerId")).ToArray());
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    [DataRow("float16", TensorCompression.Float16), DataRow("meanstd16", TensorCompression.MeanStd16Bit), DataRow("uniform8", TensorCompression.Uniform8Bit)]
    public Task Packed_tensors_are_averaged_nearly(string theirName, TensorCompression compression)
        => RunAsync(1, 1, new { compression = theirName }, Options(2) with { Compression = compression }, async group =>
        {
            var (_, theirs) = await group.StepAsync(true, Token);
            group.AssertTensors(2.0 / 3, 2e-2, theirs);
        });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Several_rounds_follow_each_other_under_keys_that_move() => RunAsync(1, 1, new { bits = "0", alpha = 0.5 }, Options(2) with { GroupBits = "0", Alpha = 0.5f, MatchmakingTime = TimeSpan.FromSeconds(10) }, async group =>
    {
        var (_, theirs) = await group.StepAsync(false, Token);
        CollectionAssert.AreEquivalent(new[] { "0", "1" }, new[] { group.Averagers[0].GroupBits, theirs[0].Text("bits")! });
        group.AssertTensors([1.0 / 3, 5.0 / 6], 1e-5, theirs);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    [DataRow(AveragingMode.Client, false), DataRow(AveragingMode.Auxiliary, false), DataRow(AveragingMode.Node, true)]
    public Task Clients_and_helpers_of_ours_and_theirs_take_part(AveragingMode mode, bool theyHelp)
        => RunAsync(2, 1, new { auxiliary = theyHelp }, Options(3) with { Mode = mode }, async group =>
        {
            var (_, theirs) = await group.StepAsync(false, Token);

            // Weights are 1, 2 and 3; helpers have none.
            var expected = theyHelp ? 8.0 / 5 : mode == AveragingMode.Auxiliary ? 2.0 / 3 : 8.0 / 6;
            group.AssertTensors(expected, 1e-5, theirs);
        });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task States_are_downloaded_both_ways() => RunAsync(1, 1, new { }, Options(2), async group =>
    {
        AveragerState? state = null;
        while (state is null)
            state = await group.Averagers[0].LoadStateAsync(Token);
        Assert.IsTrue(state.Tensors[0].ToSingles().All(value => value == 0));
        Assert.AreEqual("", ((TextValue)((MapValue)state.Metadata)["group_key"]!).Value);
        var loaded = await group.Pythons[0].CallAsync("averagerLoadState", new { averager = group.TheirAveragers[0] }, CallTimeout, Token);
        Assert.IsTrue(loaded.GetProperty("loaded").GetBoolean(), loaded.ToString());
        Assert.IsTrue(Group.Numbers(loaded.GetProperty("tensors")).All(value => value == 1), loaded.ToString());
    });

    private static AveragerOptions Options(int count) => new()
    {
        Prefix = "lab",
        TargetGroupSize = count,

        // A group that began without its last members would leave them alone.
        MinGroupSize = count,
        MatchmakingTime = TimeSpan.FromSeconds(MatchmakingSeconds),
        RequestTimeout = TimeSpan.FromSeconds(20),
        PartSizeBytes = 1024,
    };

    private Task RunAsync(int pythons, int ours, object theirs, AveragerOptions options, Func<Group, Task> scenario) => PeerGroup.RunAsync(async peers =>
    {
        await using var group = await Group.StartAsync(peers, pythons, ours, theirs, options, Token);
        await scenario(group);
    });

    /// <summary>Averagers of both kinds: theirs first, each with tensors full of its number.</summary>
    private sealed class Group : IAsyncDisposable
    {
        private static readonly int[][] Shapes = [[50, 20], [7], [1]];

        private readonly List<HivemindNode> _nodes = [];
        private bool _theyHelp;

        public List<PeerProcess> Pythons { get; } = [];

        public List<string> TheirAveragers { get; } = [];

        public List<Averager> Averagers { get; } = [];

        public int Count => Pythons.Count + Averagers.Count;

        public IEnumerable<PeerId> OurIds => _nodes.Select(node => node.Node.PeerId);

        public static async Task<Group> StartAsync(PeerGroup peers, int pythons, int ours, object theirs, AveragerOptions options, CancellationToken token)
        {
            var group = new Group();
            for (var i = 0; i < pythons; i++)
            {
                var start = new PeerOptions().With("--averaging", "--set", "wait_timeout=30");
                group.Pythons.Add(await peers.StartAsync(PeerKind.Hivemind, i == 0 ? start : start.With("--initial-peer", group.Pythons[0].Addresses[0]), token));
            }

            for (var i = 0; i < ours; i++)
            {
                var node = await HivemindNode.JoinAsync(group.Pythons[0], token: token);
                group._nodes.Add(node);
                Tensor[] tensors = [.. Shapes.Select(shape => Tensor.Of([.. Enumerable.Repeat((float)(pythons + i), shape.Aggregate(1, (a, b) => a * b))], shape))];
                group.Averagers.Add(new Averager(node.Swarm, tensors, options));
            }

            foreach (var (peer, i) in group.Pythons.Select((peer, i) => (peer, i)))
            {
                var arguments = JsonSerializer.SerializeToNode(theirs)!.AsObject();
                arguments["prefix"] = options.Prefix;
                arguments["groupSize"] = options.TargetGroupSize;
                arguments["minGroupSize"] = options.MinGroupSize;
                arguments["minMatchmakingTime"] = options.MatchmakingTime.TotalSeconds;
                arguments["requestTimeout"] = options.RequestTimeout.TotalSeconds;
                arguments["partSize"] = options.PartSizeBytes;
                arguments["shapes"] = JsonSerializer.SerializeToNode(Shapes);
                arguments["fill"] = i;
                group._theyHelp |= arguments["auxiliary"]?.GetValue<bool>() == true;
                if (i > 0)
                    arguments.Remove("auxiliary");
                var started = await peer.CallAsync("averagerStart", arguments, CallTimeout, token);
                Assert.AreEqual(Convert.ToHexStringLower(group.Averagers[0].SchemaHash.Span), started.Text("schemaHash"));
                group.TheirAveragers.Add(started.Text("averager")!);
            }

            return group;
        }

        /// <summary>One step of all. Those who are to lead begin a minute before the others.</summary>
        public async Task<(AveragingResult[] Ours, JsonElement[] Theirs)> StepAsync(bool weLead, CancellationToken token)
        {
            var early = Averagers.Count == 0 ? 0 : MatchmakingSeconds;
            var ours = Averagers.Select((averager, i) => averager.StepAsync(
                new AveragingStep { Gather = Pythons.Count + i, Weight = Pythons.Count + i + 1, Timeout = TimeSpan.FromSeconds(StepSeconds), ScheduledIn = TimeSpan.FromSeconds(early + (weLead ? 0 : 60)) }, token)).ToArray();
            var theirs = Pythons.Select((peer, i) => peer.CallAsync(
                "averagerStep",
                new { averager = TheirAveragers[i], gather = i, weight = i == 0 && _theyHelp ? (int?)null : i + 1, timeoutSeconds = StepSeconds, scheduledIn = early + (weLead ? 60 : 0) },
                CallTimeout,
                token)).ToArray();
            return (await Task.WhenAll(ours), await Task.WhenAll(theirs));
        }

        public void AssertTensors(double expected, double tolerance, JsonElement[] theirs) => AssertTensors(Enumerable.Repeat(expected, Count).ToArray(), tolerance, theirs);

        public void AssertTensors(double[] expected, double tolerance, JsonElement[] theirs)
        {
            for (var i = 0; i < Count; i++)
            {
                float[] values = i < Pythons.Count ? [.. Numbers(theirs[i].GetProperty("tensors"))] : [.. Averagers[i - Pythons.Count].GetTensors().SelectMany(tensor => tensor.ToSingles())];
                Assert.HasCount(Shapes.Sum(shape => shape.Aggregate(1, (a, b) => a * b)), values);
                foreach (var value in values)
                    Assert.AreEqual(expected[i], value, tolerance, $"member {i}");
            }
        }

        public static IEnumerable<float> Numbers(JsonElement json) => json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().SelectMany(Numbers) : [json.GetSingle()];

        public async ValueTask DisposeAsync()
        {
            foreach (var averager in Averagers)
                await averager.DisposeAsync();
            foreach (var node in _nodes)
                await node.DisposeAsync();
        }
    }
}
