using Google.Protobuf;
using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.Moe;
using PeerNet.Hivemind.Rpc;
using PeerNet.Hivemind.Tensors;

namespace PeerNet.UnitTests.Hivemind.Moe;

[TestClass]
public sealed class ExpertCallTests
{
    private const int Patience = 60_000;

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public void Captured_messages_are_read_and_written_again()
    {
        var info = HivemindVectors.Load("expert-rpc.json").GetProperty("rpcInfo");
        Assert.AreEqual(info.Text("handler"), ExpertMethods.Info.Name.Value);
        Assert.AreEqual(info.Text("request"), Convert.ToHexStringLower(ExpertCodec.Uid.TryDecode(info.Hex("request"))!.ToByteArray()));
        var answer = ExpertCodec.Info.TryDecode(info.Hex("response"))!;
        Assert.IsTrue(ExpertDescription.TryDecode(answer.SerializedInfo.Span, out var description));
        Assert.AreEqual(info.Text("serializedInfo"), Convert.ToHexStringLower(description.Encode()));
        Assert.AreEqual(16, description.Inputs.Single().Size.Single());
        Assert.IsTrue(description.Outputs.Single().RequiresGrad);
        Assert.AreEqual(info.Text("serializedInfo"), Convert.ToHexStringLower(ExpertDescription.Of(description.Inputs, description.Outputs[0]).Encode()));

        var forward = HivemindVectors.Load("expert-rpc.json").GetProperty("rpcForward");
        Assert.AreEqual(forward.Text("handler"), ExpertMethods.Forward.Name.Value);
        var request = ExpertCodec.Request.TryDecode(forward.Hex("request"))!;
        Assert.IsTrue(TensorCodec.TryRead(request.Tensors.Single(), out var ones));
        Assert.IsTrue(ones.ToSingles().All(value => value == 1));
        Assert.AreEqual(forward.Text("request"), Convert.ToHexStringLower(request.ToByteArray()));
        Assert.AreEqual(forward.Text("response"), Convert.ToHexStringLower(ExpertCodec.Response.TryDecode(forward.Hex("response"))!.ToByteArray()));
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task Experts_are_served_found_and_called()
    {
        await using var swarm = await MemorySwarm.StartAsync(2);
        var uid = ExpertUid.Parse("ffn.1.2");
        await using var server = new ExpertServer(swarm.Members[0], new Dictionary<ExpertUid, IExpert> { [uid] = new Doubler() });
        var directory = new ExpertDirectory(swarm.Members[1].Dht);
        ExpertLocation? expert = null;
        while (expert is null)
        {
            expert = (await directory.FindAsync([uid], Token))[0];
            await Task.Yield();
        }

        Assert.AreEqual(swarm.Nodes[0].Id, expert.Peer);
        var client = new ExpertClient(swarm.Members[1]);
        Assert.HasCount(1, (await client.GetInfoAsync(expert, token: Token)).Inputs);
        CollectionAssert.AreEqual(new float[] { 2, 4 }, (await client.ForwardAsync(expert, [Tensor.Of([1, 2], 1, 2)], token: Token))[0].ToSingles());

        // Above two megabytes the tensors travel in pieces.
        var large = new float[3_000_000];
        large[^1] = 21;
        var answer = (await client.ForwardAsync(expert, [Tensor.Of(large, 1, large.Length)], token: Token))[0].ToSingles();
        Assert.AreEqual((large.Length, 42f), (answer.Length, answer[^1]));
        Assert.HasCount(2, await client.BackwardAsync(expert, [Tensor.Of([1], 1), Tensor.Of([3], 1)], TensorCompression.Float16, token: Token));
        var error = await Assert.ThrowsExactlyAsync<RpcException>(() => client.ForwardAsync(expert with { Uid = ExpertUid.Parse("ffn.9") }, [], token: Token));
        Assert.AreEqual(RpcFailure.Remote, error.Reason);
    }

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public async Task A_beam_finds_announced_experts_through_the_table()
    {
        await using var swarm = await MemorySwarm.StartAsync(3);
        var end = DhtExpiration.Now(TimeProvider.System) + TimeSpan.FromHours(1);
        ExpertUid[] uids = [ExpertUid.Parse("ffn.0.1"), ExpertUid.Parse("ffn.1.0"), ExpertUid.Parse("ffn.1.1")];
        Assert.IsTrue((await new ExpertDirectory(swarm.Members[0].Dht).DeclareAsync(uids, end, Token)).All(taken => taken));
        var found = await new ExpertDirectory(swarm.Members[2].Dht).SearchAsync(ExpertPrefix.Parse("ffn."), [[1, 5, 9], [2, 1]], 2, Token);
        CollectionAssert.AreEqual(new[] { "ffn.1.0", "ffn.1.1" }, found.Select(scored => scored.Expert.Uid.Text).ToArray());
    }

    private sealed class Doubler : IExpert
    {
        public ExpertDescription Description { get; } = ExpertDescription.Of([new BatchTensorDescriptor { Size = [2], Dtype = "torch.float32" }], new BatchTensorDescriptor { Size = [2], Dtype = "torch.float32" });

        public ValueTask<IReadOnlyList<Tensor>> ForwardAsync(IReadOnlyList<Tensor> inputs, CancellationToken token)
            => ValueTask.FromResult<IReadOnlyList<Tensor>>([Tensor.Of([.. inputs[0].ToSingles().Select(value => 2 * value)], [.. inputs[0].Shape])]);

        public ValueTask<IReadOnlyList<Tensor>> BackwardAsync(IReadOnlyList<Tensor> inputsAndGradients, CancellationToken token) => ValueTask.FromResult(inputsAndGradients);
    }
}
