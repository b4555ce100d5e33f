using PeerNet.Hivemind.Averaging;
using PeerNet.Hivemind.Averaging.Generated;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.UnitTests.Hivemind.Averaging;

/// <summary>Averagers of one process that meet through the table and average over streams in memory.</summary>
[TestClass]
public sealed class AveragerTests
{
    private const int Patience = 120_000;

    private static readonly AveragingStep Step = new() { Timeout = TimeSpan.FromSeconds(100) };

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod, DataRow(2), DataRow(5), Timeout(Patience, CooperativeCancellation = true)]
    public Task All_members_end_with_the_weighted_average(int count) => RunAsync(count, i => Options(count), async averagers =>
    {
        var results = await Task.WhenAll(averagers.Select((averager, i) => averager.StepAsync(Step with { Gather = i, Weight = i + 1 }, Token)));
        var expected = Enumerable.Range(0, count).Sum(i => (i + 1f) * i) / Enumerable.Range(1, count).Sum();
        foreach (var (averager, result) in averagers.Zip(results))
        {
            Assert.AreEqual(1, result.ReceivedFraction);
            CollectionAssert.AreEquivalent(Enumerable.Range(0, count).Select(i => (Int128)i).ToArray(), result.Members.Select(member => ((IntegerValue)member.Gather).Value).ToArray());
            foreach (var tensor in averager.GetTensors())
                Assert.IsTrue(tensor.ToSingles().All(value => Math.Abs(value - expected) < 1e-5f), string.Join(' ', tensor.ToSingles().Take(5)));
        }

        Assert.AreEqual(1, results.Select(result => result.Leader).Distinct().Count());
        Assert.AreEqual(1, results.Select(result => string.Join(' ', result.Members.Select(member => member.Peer))).Distinct().Count());
    });

    [TestMethod, DataRow(TensorCompression.Float16), DataRow(TensorCompression.Uniform8Bit), DataRow(TensorCompression.Quantile8Bit), Timeout(Patience, CooperativeCancellation = true)]
    public Task Packed_tensors_are_averaged_nearly(TensorCompression compression) => RunAsync(2, _ => Options(2) with { Compression = compression }, async averagers =>
    {
        await Task.WhenAll(averagers.Select(averager => averager.StepAsync(Step, Token)));
        foreach (var averager in averagers)
            Assert.IsTrue(averager.GetTensors()[0].ToSingles().All(value => Math.Abs(value - 0.5f) < 1e-2f));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Clients_and_helpers_take_part() => RunAsync(3, i => Options(3) with { Mode = (AveragingMode)i }, async averagers =>
    {
        var results = await Task.WhenAll(averagers.Select((averager, i) => averager.StepAsync(Step, Token)));

        // The helper's tensors have no weight: zero and one make the average.
        foreach (var (averager, result) in averagers.Zip(results))
        {
            Assert.IsTrue(averager.GetTensors()[0].ToSingles().All(value => Math.Abs(value - 0.5f) < 1e-5f));
            CollectionAssert.AreEquivalent(Enum.GetValues<AveragingMode>(), result.Members.Select(member => member.Mode).ToArray());
        }
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task A_group_begins_at_its_start_without_a_target_size() => RunAsync(2, _ => Options(null) with { MatchmakingTime = TimeSpan.FromSeconds(1), RequestTimeout = TimeSpan.FromSeconds(0.5) }, async averagers =>
    {
        var results = await Task.WhenAll(averagers.Select(averager => averager.StepAsync(Step, Token)));
        Assert.IsTrue(results.All(result => result.Members.Count == 2));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Alone_there_is_no_group() => RunAsync(1, _ => Options(2) with { MatchmakingTime = TimeSpan.FromSeconds(0.2) }, async averagers =>
    {
        var error = await Assert.ThrowsExactlyAsync<AveragingException>(() => averagers[0].StepAsync(new AveragingStep { Timeout = TimeSpan.FromSeconds(1) }, Token));
        Assert.AreEqual(AveragingFailure.NoGroup, error.Reason);
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Steps_follow_each_other_and_bits_move() => RunAsync(2, _ => Options(2) with { GroupBits = "0", TargetGroupSize = 2, Alpha = 0.5f }, async averagers =>
    {
        await Task.WhenAll(averagers.Select(averager => averager.StepAsync(Step, Token)));
        Assert.IsTrue(averagers[0].GetTensors()[0].ToSingles().All(value => Math.Abs(value - 0.25f) < 1e-5f));
        CollectionAssert.AreEquivalent(new[] { "0", "1" }, averagers.Select(averager => averager.GroupBits).ToArray());
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task A_state_is_downloaded_from_the_best_donor() => RunAsync(3, i => Options(3) with { StatePriority = i, SharesState = i != 0, StateMetadata = () => HivemindValue.Map(("epoch", i)) }, async averagers =>
    {
        AveragerState? state = null;
        while (state is null || ((IntegerValue)((MapValue)state.Metadata)["epoch"]!).Value != 2)
        {
            state = await averagers[0].LoadStateAsync(Token);
            await Task.Yield();
        }

        Assert.IsTrue(state.Tensors[0].ToSingles().All(value => value == 2));
        averagers[0].SetTensors(state.Tensors);
        CollectionAssert.AreEqual(state.Tensors[1].ToSingles(), averagers[0].GetTensors()[1].ToSingles());
        Assert.ThrowsExactly<ArgumentException>(() => averagers[0].SetTensors([Tensor.Of([1], 1)]));
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task A_member_that_falls_silent_costs_its_share_alone()
    {
        await using var swarm = await MemorySwarm.StartAsync(2);
        await using var averager = new Averager(swarm.Members[0], TensorsOf(1), Options(2) with { SenderTimeout = TimeSpan.FromSeconds(0.5), ReducerTimeout = TimeSpan.FromSeconds(1) });
        var methods = new AveragingMethods("DecentralizedAverager", "run");
        var stepping = averager.StepAsync(Step, Token);
        Assert.IsNotNull(await JoinAsync(swarm, averager, methods));
        var result = await stepping;

        // The other's share stays as it is, and so does the own one, which nobody else has given anything for.
        Assert.IsTrue(averager.GetTensors()[0].ToSingles().All(value => value == 1));
        Assert.IsLessThan(1.0, result.ReceivedFraction);
        Assert.HasCount(2, result.Members);
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task Requests_that_do_not_fit_are_refused_with_their_codes()
    {
        await using var swarm = await MemorySwarm.StartAsync(2);
        var options = Options(2) with { Admits = (_, gather) => !gather.Span.SequenceEqual("no"u8) };
        await using var averager = new Averager(swarm.Members[0], TensorsOf(1), options);
        var methods = new AveragingMethods("DecentralizedAverager", "run");
        var good = Request(averager);
        Assert.AreEqual(AveragingCode.NotLookingForGroup, await AskAsync(swarm, methods, good));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var stepping = averager.StepAsync(Step, ending.Token);
        Assert.AreEqual(AveragingCode.BadSchemaHash, await RefusedAsync(request => request.SchemaHash = Google.Protobuf.ByteString.CopyFromUtf8("x")));
        Assert.AreEqual(AveragingCode.BadGroupKey, await RefusedAsync(request => request.GroupKey = "run.0b1"));
        Assert.AreEqual(AveragingCode.ProtocolViolation, await RefusedAsync(request => request.Expiration = double.NaN));
        Assert.AreEqual(AveragingCode.ProtocolViolation, await RefusedAsync(request => request.SchemaHash = Google.Protobuf.ByteString.Empty));
        Assert.AreEqual(AveragingCode.ProtocolViolation, await RefusedAsync(request => request.Gather = Google.Protobuf.ByteString.CopyFromUtf8("no")));
        Assert.AreEqual(AveragingCode.BadExpirationTime, await RefusedAsync(request => request.Expiration = 1));

        var unknown = new WireAveragingData { Code = (int)AveragingCode.PartForAveraging, GroupId = Google.Protobuf.ByteString.CopyFromUtf8("none") };
        var parts = AskPartsAsync(swarm, methods, unknown);
        await ending.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => stepping);
        Assert.AreEqual(AveragingCode.BadGroupId, await parts);

        async Task<AveragingCode> RefusedAsync(Action<WireJoinRequest> spoil)
        {
            while (true)
            {
                var request = good.Clone();
                spoil(request);

                // At first the averager has not announced itself yet.
                if (await AskAsync(swarm, methods, request) is var code && code is not (AveragingCode.NotDeclared or AveragingCode.NotLookingForGroup))
                    return code;
                await Task.Yield();
            }
        }
    }

    private static WireJoinRequest Request(Averager averager) => new()
    {
        SchemaHash = Google.Protobuf.ByteString.CopyFrom(averager.SchemaHash.Span),
        Expiration = (DhtExpiration.Now(TimeProvider.System) + TimeSpan.FromMinutes(5)).Seconds,
        Gather = Google.Protobuf.ByteString.CopyFrom(GatherCodec.Encode(new MemberData(null, AveragingMode.Node, HivemindValue.Nil))),
        GroupKey = "run.0b",
    };

    /// <summary>Joins by hand, and gives the group that the averager leads.</summary>
    private async Task<WireMessageFromLeader?> JoinAsync(MemorySwarm swarm, Averager averager, AveragingMethods methods)
    {
        while (true)
        {
            await foreach (var message in swarm.Members[1].Client.CallStreamAsync(swarm.Nodes[0].Id, methods.Join, One(Request(averager)), Token))
            {
                if (message.Code == (int)AveragingCode.BeginAllReduce)
                    return message;
            }

            await Task.Yield();
        }
    }

    private async Task<AveragingCode> AskAsync(MemorySwarm swarm, AveragingMethods methods, WireJoinRequest request)
    {
        await foreach (var message in swarm.Members[1].Client.CallStreamAsync(swarm.Nodes[0].Id, methods.Join, One(request), Token))
            return (AveragingCode)message.Code;
        return AveragingCode.None;
    }

    private async Task<AveragingCode> AskPartsAsync(MemorySwarm swarm, AveragingMethods methods, WireAveragingData part)
    {
        await foreach (var message in swarm.Members[1].Client.CallStreamAsync(swarm.Nodes[0].Id, methods.Aggregate, One(part), Token))
            return (AveragingCode)message.Code;
        return AveragingCode.None;
    }

    private static async IAsyncEnumerable<T> One<T>(T message)
    {
        await Task.Yield();
        yield return message;
    }

    private static AveragerOptions Options(int? groupSize) => new()
    {
        Prefix = "run",
        TargetGroupSize = groupSize,
        MatchmakingTime = TimeSpan.FromSeconds(20),
        PartSizeBytes = 1024,
    };

    private static Tensor[] TensorsOf(float value) => [Tensor.Of([.. Enumerable.Repeat(value, 700)], 7, 100), Tensor.Of([value], 1)];

    private static async Task RunAsync(int count, Func<int, AveragerOptions> options, Func<Averager[], Task> scenario)
    {
        await using var swarm = await MemorySwarm.StartAsync(count);
        Averager[] averagers = [.. swarm.Members.Select((member, i) => new Averager(member, TensorsOf(i), options(i)))];
        try
        {
            await scenario(averagers);
        }
        finally
        {
            foreach (var averager in averagers)
                await averager.DisposeAsync();
        }
    }
}
