using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Kad;

/// <summary>A network of go, rust, js and our nodes, all joined through one of them: everybody finds what everybody else has.</summary>
[TestClass, TestCategory("Interop")]
public sealed class KadMixedNetworkTests
{
    private static readonly PeerOptions Options = PeerOptions.For(ProtocolStack.TcpNoise).With("--dht", "server", "--dht-addrs", "all");

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task Everybody_finds_everybody_else_s_peers_content_and_values() => PeerGroup.RunAsync(async group =>
    {
        var peers = await group.StartAllAsync(
            [
                (PeerKind.Go, Options), (PeerKind.Go, Options),
                (PeerKind.Rust, Options.With("--dht-validate")), (PeerKind.Rust, Options.With("--dht-validate")),
                (PeerKind.Js, Options), (PeerKind.Js, Options),
            ],
            Token);
        var ours = new List<KadNode>();
        try
        {
            for (var i = 0; i < 3; i++)
                ours.Add(await KadNode.StartAsync(Token));
            foreach (var peer in peers)
                await peer.CallAsync("dial", new { addr = ours[0].Address });
            foreach (var node in ours.Skip(1))
                await node.Node.ConnectAsync(ours[0].Address, Token);
            await UntilAsync(() => Task.FromResult(ours.All(node => node.Kad.TableCount >= peers.Length)));
            foreach (var peer in peers)
                await UntilAsync(async () => (await peer.CallAsync("dhtTable")).GetProperty("peers").GetArrayLength() >= 3);

            // Ours to all.
            await ours[1].Kad.ProvideAsync(ContentKey.FromText("ours"), Token);
            await ours[1].PutTextAsync("/v/ours", "our value", Token);
            foreach (var peer in peers)
            {
                Assert.AreEqual("our value", (await peer.CallAsync("dhtGet", new { key = "/v/ours" })).Text("value"), peer.Name);
                Assert.AreEqual(ours[2].PeerId, (await peer.CallAsync("dhtFindPeer", new { peer = ours[2].PeerId })).Text("peerId"), peer.Name);
                var providers = await peer.CallAsync("dhtFindProviders", new { text = "ours", count = 1 });
                Assert.AreEqual(ours[1].PeerId, providers.GetProperty("providers")[0].Text("peerId"), peer.Name);
            }

            // All to ours.
            foreach (var peer in peers)
            {
                await peer.CallAsync("dhtProvide", new { text = peer.Name });
                await peer.CallAsync("dhtPut", new { key = $"/v/{peer.PeerId}", value = peer.Name });
            }

            foreach (var peer in peers)
            {
                await UntilAsync(async () => (await ours[2].FindProvidersAsync(ContentKey.FromText(peer.Name), 1, Token)).Any(provider => provider.Id.ToString() == peer.PeerId));
                Assert.AreEqual(peer.Name, await ours[2].GetTextAsync($"/v/{peer.PeerId}", Token));
                Assert.AreEqual(peer.PeerId, (await ours[1].Kad.FindPeerAsync(PeerId.Parse(peer.PeerId), Token))!.Peer.Id.ToString());
            }
        }
        finally
        {
            foreach (var node in ours)
                await node.DisposeAsync();
        }
    });

    private async Task UntilAsync(Func<Task<bool>> happened)
    {
        while (!await happened())
            await Task.Delay(200, Token);
    }
}
