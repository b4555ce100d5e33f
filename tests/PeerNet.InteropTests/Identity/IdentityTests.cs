using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Identity;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Identity;

/// <summary>Keys, peer ids and signed records, exchanged with running peers of other stacks.</summary>
[TestClass, TestCategory("Interop")]
public sealed class IdentityTests
{
    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust);

    public static IEnumerable<object[]> KindsAndTypes =>
    [
        [PeerKind.Go, "ed25519"], [PeerKind.Go, "secp256k1"], [PeerKind.Go, "rsa"], [PeerKind.Go, "ecdsa"],
        // Rust makes no RSA keys.
        [PeerKind.Rust, "ed25519"], [PeerKind.Rust, "secp256k1"],
    ];

    public static IEnumerable<object[]> Types => Enum.GetValues<KeyType>().Select(type => new object[] { type });

    [TestMethod, DynamicData(nameof(KindsAndTypes))]
    public Task We_read_the_key_and_the_record_of_a_peer(PeerKind kind, string type) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, new PeerOptions().With("--key-type", type), TestContext.CancellationToken);
        var info = await peer.CallAsync("keyInfo");
        using var privateKey = PrivateKey.Decode(Convert.FromHexString(info.Text("privateKey")!));
        Assert.AreEqual(info.Text("privateKey"), Convert.ToHexStringLower(privateKey.Encode()));
        Assert.AreEqual(info.Text("publicKey"), Convert.ToHexStringLower(privateKey.PublicKey.Encoded.Span));
        Assert.AreEqual(peer.PeerId, privateKey.PeerId.ToString());
        Assert.AreEqual(info.Text("multihash"), Convert.ToHexStringLower(privateKey.PeerId.Bytes.Span));
        Assert.AreEqual(info.Text("cidBase36"), privateKey.PeerId.ToCid());

        var envelope = await peer.CallAsync("envelope");
        Check(envelope, peer, isLegacy: false);
        if (envelope.Member("legacy") is { } legacy)
            Check(legacy, peer, isLegacy: true);
    });

    [TestMethod, DynamicData(nameof(Types))]
    public Task A_go_peer_lives_under_a_key_of_ours(KeyType type) => PeerGroup.RunAsync(async group =>
    {
        using var key = PrivateKey.Generate(type);
        var peer = await group.StartAsync(PeerKind.Go, new PeerOptions().With("--key", Convert.ToHexStringLower(key.Encode())), TestContext.CancellationToken);
        Assert.AreEqual(key.PeerId.ToString(), peer.PeerId);
        var envelope = await peer.CallAsync("envelope");
        Assert.IsTrue(PeerRecord.TryOpen(Convert.FromHexString(envelope.Text("hex")!), out var record, out var reason), reason);
        Assert.AreEqual(key.PublicKey, record.Envelope.PublicKey);
    });

    private static void Check(System.Text.Json.JsonElement envelope, PeerProcess peer, bool isLegacy)
    {
        Assert.IsTrue(PeerRecord.TryOpen(Convert.FromHexString(envelope.Text("hex")!), out var record, out var reason), reason);
        Assert.AreEqual(peer.PeerId, record.PeerId.ToString());
        Assert.AreEqual(isLegacy, record.IsLegacy);
        Assert.AreEqual(0, record.SkippedAddresses);
        foreach (var address in peer.Addresses)
            Assert.Contains(address.Split("/p2p/")[0], record.Addresses.Select(known => known.WithoutPeerId().ToString()));
    }
}
