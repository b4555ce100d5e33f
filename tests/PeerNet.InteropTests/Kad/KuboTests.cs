using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.Protocols.Kad;
using PeerNet.Protocols.Kad.Records;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Kad;

/// <summary>Kubo with its two tables: on loopback the local one counts.</summary>
[TestClass, TestCategory("Interop")]
public sealed class KuboTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Kubo);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task Peers_content_keys_and_names_pass_between_kubo_and_both_of_our_tables() => PeerGroup.RunAsync(async group =>
    {
        var kubo = await group.StartAsync(PeerKind.Kubo, new PeerOptions(), Token);
        await using var first = await PeerNode.CreateBuilder().Listen("/ip4/127.0.0.1/tcp/0").StartAsync(Token);
        await using var second = await PeerNode.CreateBuilder().Listen("/ip4/127.0.0.1/tcp/0").StartAsync(Token);
        await using var dht = new DualDht(first.Swarm);
        await using var other = new DualDht(second.Swarm);
        await first.ConnectAsync(kubo.Addresses[0], Token);
        await second.ConnectAsync(kubo.Addresses[0], Token);

        // Kubo lists us, in the local table only; so do we with kubo.
        await UntilAsync(async () => (await kubo.CallAsync("dhtTable")).GetProperty("tables").GetProperty("lan").EnumerateArray().Count(peer => peer.GetString() is { } id
            && (id == first.PeerId.ToString() || id == second.PeerId.ToString())) == 2);
        await UntilAsync(() => Task.FromResult(dht.Lan.TableCount > 0 && other.Lan.TableCount > 0));
        Assert.AreEqual(0, dht.Wan.TableCount);

        // Peers.
        Assert.AreEqual(first.PeerId.ToString(), (await kubo.CallAsync("dhtFindPeer", new { peer = first.PeerId.ToString() })).Text("peerId"));
        Assert.IsTrue((await dht.FindPeerAsync(second.PeerId, Token))!.IsConnected);

        // Content.
        await dht.ProvideAsync(ContentKey.FromText("ours"), Token);
        await UntilAsync(async () => (await kubo.CallAsync("dhtFindProviders", new { text = "ours", count = 1 })).GetProperty("providers").EnumerateArray()
            .Any(provider => provider.Text("peerId") == first.PeerId.ToString()));
        await kubo.CallAsync("dhtProvide", new { text = "theirs" });
        await UntilAsync(async () => await AnyProviderAsync(other, "theirs", kubo.PeerId));

        // Names: ours at kubo, kubo's at ours.
        using var key = PrivateKey.Generate();
        var record = IpnsRecord.Create(key, "/ipfs/bafkqaaa", 1, TimeProvider.System.GetUtcNow().AddHours(1), TimeSpan.FromMinutes(1));
        var put = await dht.PutValueAsync(IpnsRecord.KeyOf(key.PeerId), record.Bytes, Token);
        Assert.IsTrue(put.SelectMany(result => result.Stored).Any(peer => peer.ToString() == kubo.PeerId), string.Join(", ", put.SelectMany(result => result.Failed)));
        var got = await kubo.CallAsync("dhtGet", new { key = "/ipns/" + key.PeerId.ToCid() });
        CollectionAssert.AreEqual(record.Bytes.ToArray(), Convert.FromBase64String(got.Text("base64")!));

        await KuboCommands.PublishNameAsync(group, "/ipfs/bafkqaaa", Token);
        var kuboId = PeerId.Parse(kubo.PeerId);
        FoundValue? found = null;
        await UntilAsync(async () => (found = await other.GetValueAsync(IpnsRecord.KeyOf(kuboId), null, Token)) is not null);
        Assert.IsTrue(IpnsRecord.TryVerify(kuboId, found!.Value, out var theirs, out var error), error);
        Assert.AreEqual("/ipfs/bafkqaaa", theirs.Value);

        // Public keys.
        using var rsa = PrivateKey.Generate(KeyType.Rsa);
        var keyPut = await dht.PutValueAsync(PublicKeyValidator.KeyOf(rsa.PeerId), rsa.PublicKey.Encoded, Token);
        Assert.IsTrue(keyPut.SelectMany(result => result.Stored).Any(peer => peer.ToString() == kubo.PeerId), string.Join(", ", keyPut.SelectMany(result => result.Failed)));
        CollectionAssert.AreEqual(
            rsa.PublicKey.Encoded.ToArray(),
            Convert.FromBase64String((await kubo.CallAsync("dhtGet", new { key = "/pk/" + rsa.PeerId })).Text("base64")!));
    });

    private async Task<bool> AnyProviderAsync(DualDht dht, string text, string peer)
    {
        await foreach (var provider in dht.FindProvidersAsync(ContentKey.FromText(text), 1, Token))
        {
            if (provider.Id.ToString() == peer)
                return true;
        }

        return false;
    }

    private async Task UntilAsync(Func<Task<bool>> happened)
    {
        while (!await happened())
            await Task.Delay(200, Token);
    }
}
