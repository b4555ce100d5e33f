using PeerNet.Hivemind.Moe;
using PeerNet.Hivemind.Tensors;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Hivemind;

/// <summary>Calls of experts with Hivemind's own server and client, which need torch: part of <c>make test-averaging</c>.</summary>
[TestClass, TestCategory("Averaging"), DoNotParallelize]
public sealed class ExpertInteropTests
{
    private const int Patience = 900_000;
    private const int Width = 4;

    // Four bytes times width times rows: above two megabytes, so that the tensors travel in pieces.
    private const int ManyRows = 300_000;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(3);

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext context) => AveragingInteropTests.InstallPeers(context);

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Our_client_calls_their_experts() => RunAsync(async (node, peer) =>
    {
        await peer.CallAsync("serveExperts", new { uids = new[] { "lab.1.2" }, width = Width }, CallTimeout, Token);
        var directory = new ExpertDirectory(node.Dht);
        ExpertLocation? expert = null;
        while (expert is null)
            expert = (await directory.FindAsync([ExpertUid.Parse("lab.1.2")], Token))[0];
        var client = new ExpertClient(node.Swarm);
        Assert.AreEqual(Width, (await client.GetInfoAsync(expert, CallTimeout, Token)).Inputs.Single().Size.Single());
        foreach (var rows in new[] { 3, ManyRows })
        {
            var input = Tensor.Of([.. Enumerable.Repeat(3f, rows * Width)], rows, Width);
            var output = (await client.ForwardAsync(expert, [input], timeout: CallTimeout, token: Token)).Single();
            Assert.AreEqual(rows * Width, output.ElementCount);
            Assert.IsTrue(output.ToSingles().All(value => value == 7));
            var gradient = (await client.BackwardAsync(expert, [input, output], timeout: CallTimeout, token: Token)).Single();
            Assert.IsTrue(gradient.ToSingles().All(value => value == 14));
        }
    });

    [TestMethod, Timeout(Patience, CooperativeCancellation = true)]
    public Task Their_client_calls_our_experts() => RunAsync(async (node, peer) =>
    {
        await using var server = new ExpertServer(node.Swarm, new Dictionary<ExpertUid, IExpert> { [ExpertUid.Parse("ours.5")] = new Affine() });
        foreach (var rows in new[] { 3, ManyRows })
        {
            var result = await peer.CallAsync("callExpert", new { peer = node.Node.PeerId.ToString(), uid = "ours.5", rows, width = Width, fill = 3 }, CallTimeout, Token);
            Assert.AreEqual(7.0 * rows * Width, result.Number("sum"), result.ToString());
            Assert.AreEqual(2.0 * rows * Width, result.Number("gradient"), result.ToString());
        }
    });

    private Task RunAsync(Func<HivemindNode, PeerProcess, Task> scenario) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(PeerKind.Hivemind, new PeerOptions().With("--averaging", "--set", "wait_timeout=30"), Token);
        await using var node = await HivemindNode.JoinAsync(peer, token: Token);
        await scenario(node, peer);
    });

    /// <summary>Doubles and adds one, as theirs does.</summary>
    private sealed class Affine : IExpert
    {
        private static readonly BatchTensorDescriptor Row = new() { Size = [Width], Dtype = "torch.float32" };

        public ExpertDescription Description { get; } = ExpertDescription.Of([Row], Row with { RequiresGrad = true });

        public ValueTask<IReadOnlyList<Tensor>> ForwardAsync(IReadOnlyList<Tensor> inputs, CancellationToken token) => Map(inputs[0], value => (2 * value) + 1);

        public ValueTask<IReadOnlyList<Tensor>> BackwardAsync(IReadOnlyList<Tensor> inputsAndGradients, CancellationToken token) => Map(inputsAndGradients[1], value => 2 * value);

        private static ValueTask<IReadOnlyList<Tensor>> Map(Tensor tensor, Func<float, float> map)
            => ValueTask.FromResult<IReadOnlyList<Tensor>>([Tensor.Of([.. tensor.ToSingles().Select(map)], [.. tensor.Shape])]);
    }
}
