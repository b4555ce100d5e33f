using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Kad;

/// <summary>Two nodes of ours that know one another only through a peer of another stack, which they ask and which asks them.</summary>
[TestClass, TestCategory("Interop")]
public sealed class KadPairTests
{
    private static readonly PeerOptions Options = PeerOptions.For(ProtocolStack.TcpNoise).With("--dht", "server", "--dht-addrs", "all");

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Peers_are_found(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await using var net = await StartAsync(group, kind);
        var found = await net.First.Kad.FindPeerAsync(net.Second.Node.PeerId, Token);
        Assert.IsTrue(found!.IsConnected);
        CollectionAssert.Contains(found.Peer.Addresses.Select(address => address.WithPeerId(net.Second.Node.PeerId).ToString()).ToArray(), net.Second.Address);

        var theirs = await net.Peer.CallAsync("dhtFindPeer", new { peer = net.Second.PeerId });
        Assert.AreEqual(net.Second.PeerId, theirs.Text("peerId"));
        var closest = await net.First.Kad.GetClosestPeersAsync(PeerId.Parse(net.Peer.PeerId).Bytes, Token);
        Assert.AreEqual(net.Peer.PeerId, closest.Closest[0].Id.ToString());
        Assert.AreEqual(0, closest.Failures);
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Content_is_provided_and_found(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await using var net = await StartAsync(group, kind);
        var told = await net.First.Kad.ProvideAsync(ContentKey.FromText("ours"), Token);
        Assert.IsTrue(told.Stored.Any(peer => peer.ToString() == net.Peer.PeerId), string.Join(", ", told.Failed));
        await UntilAsync(async () => (await net.Peer.CallAsync("dhtFindProviders", new { text = "ours", count = 1 })).GetProperty("providers").EnumerateArray()
            .Any(provider => provider.Text("peerId") == net.First.PeerId));
        Assert.AreEqual(net.First.PeerId, (await net.Second.FindProvidersAsync(ContentKey.FromText("ours"), 1, Token)).Single().Id.ToString());

        await net.Peer.CallAsync("dhtProvide", new { text = "theirs" });
        await UntilAsync(async () => (await net.First.FindProvidersAsync(ContentKey.FromText("theirs"), 1, Token)).Any(provider => provider.Id.ToString() == net.Peer.PeerId));
        Assert.IsEmpty(await net.First.FindProvidersAsync(ContentKey.FromText("nobody's"), 1, Token));
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Values_are_put_and_got_and_the_greater_one_wins(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await using var net = await StartAsync(group, kind);
        var put = await net.First.PutTextAsync("/v/ours", "one", Token);
        Assert.IsTrue(put.Stored.Any(peer => peer.ToString() == net.Peer.PeerId), string.Join(", ", put.Failed));
        Assert.AreEqual("one", (await net.Peer.CallAsync("dhtGet", new { key = "/v/ours" })).Text("value"));
        Assert.AreEqual("one", await net.Second.GetTextAsync("/v/ours", Token));

        await net.Peer.CallAsync("dhtPut", new { key = "/v/theirs", value = "two" });
        Assert.AreEqual("two", await net.First.GetTextAsync("/v/theirs", Token));
        await net.Second.PutTextAsync("/v/theirs", "zwei", Token);
        Assert.AreEqual("zwei", await net.First.GetTextAsync("/v/theirs", Token));
        Assert.IsNull(await net.First.GetTextAsync("/v/nobody's", Token));
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Public_keys_are_put_and_got(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await using var net = await StartAsync(group, kind);
        using var key = PrivateKey.Generate(KeyType.Rsa);
        var name = PublicKeyValidator.KeyOf(key.PeerId);
        var put = await net.First.Kad.PutValueAsync(name, key.PublicKey.Encoded, Token);
        Assert.IsTrue(put.Stored.Any(peer => peer.ToString() == net.Peer.PeerId), string.Join(", ", put.Failed));
        Assert.IsNotNull(await net.Peer.CallAsync("dhtGet", new { key = "0x" + Convert.ToHexStringLower(name) }));
        CollectionAssert.AreEqual(key.PublicKey.Encoded.ToArray(), (await net.Second.Kad.GetValueAsync(name, null, Token))!.Value.ToArray());
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Keys_that_are_no_multihashes_are_provided_and_found(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await using var net = await StartAsync(group, kind);
        var key = ContentKey.FromBytes("interop-test-key-1"u8.ToArray());
        var told = await net.First.Kad.ProvideAsync(key, Token);
        Assert.IsTrue(told.Stored.Any(peer => peer.ToString() == net.Peer.PeerId), string.Join(", ", told.Failed));
        await UntilAsync(async () => (await net.Second.FindProvidersAsync(key, 1, Token)).Any(provider => provider.Id.ToString() == net.First.PeerId));
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task A_peer_that_comes_back_is_asked_again(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await using var net = await StartAsync(group, kind);
        await net.Peer.CallAsync("disconnect", new { peer = net.First.PeerId });
        Assert.IsTrue((await net.First.Kad.FindPeerAsync(net.Second.Node.PeerId, Token))!.IsConnected);
        await net.First.PutTextAsync("/v/again", "x", Token);
        Assert.AreEqual("x", (await net.Peer.CallAsync("dhtGet", new { key = "/v/again" })).Text("value"));
    });

    private async Task<Net> StartAsync(PeerGroup group, PeerKind kind)
    {
        var peer = await group.StartAsync(kind, kind == PeerKind.Rust ? Options.With("--dht-validate") : Options, Token);
        var first = await KadNode.StartAsync(Token);
        var second = await KadNode.StartAsync(Token);
        await first.Node.ConnectAsync(peer.Addresses[0], Token);
        await second.Node.ConnectAsync(peer.Addresses[0], Token);
        await UntilAsync(() => Task.FromResult(first.Knows(peer.PeerId) && second.Knows(peer.PeerId)));
        await UntilAsync(async () => (await peer.CallAsync("dhtTable")).Texts("peers") is var peers && peers.Contains(first.PeerId) && peers.Contains(second.PeerId));
        return new Net(peer, first, second);
    }

    private async Task UntilAsync(Func<Task<bool>> happened)
    {
        while (!await happened())
            await Task.Delay(100, Token);
    }

    private sealed record Net(PeerProcess Peer, KadNode First, KadNode Second) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await First.DisposeAsync();
            await Second.DisposeAsync();
        }
    }
}
