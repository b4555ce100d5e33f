using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Connections.Security.PrivateNetwork;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Connections;

/// <summary>Noise and TLS, in the open and inside a private network, with identities of all kinds, in both directions.</summary>
[TestClass, TestCategory("Interop")]
public sealed class SecurityTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    public static IEnumerable<object[]> Rows =>
        from kind in new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }
        from security in new[] { "noise", "tls" }
        from isPrivate in new[] { false, true }
        select new object[] { kind, security, isPrivate };

    public static IEnumerable<object[]> Identities =>
        from kind in new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }
        from type in new[] { KeyType.Rsa, KeyType.Secp256k1, KeyType.Ecdsa }
        // JavaScript knows no ECDSA identity.
        where kind != PeerKind.Js || type != KeyType.Ecdsa
        select new object[] { kind, type };

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    [TestMethod, DynamicData(nameof(Rows)), Timeout(120_000, CooperativeCancellation = true)]
    public Task We_dial(PeerKind kind, string security, bool isPrivate) => PeerGroup.RunAsync(async group =>
    {
        using var key = PrivateNetworkKey.Generate();
        var peer = await group.StartAsync(kind, Options(group, security, isPrivate ? key : null), Token);
        await using var node = new BareNode(security, protector: isPrivate ? new PrivateNetworkProtector(key) : null);
        var connection = await node.DialAsync(peer.Addresses[0], Token);
        Assert.AreEqual(peer.PeerId, connection.Description.RemotePeer.ToString());
        Assert.AreEqual(security == "tls" ? "/tls/1.0.0" : "/noise", connection.Description.Security.Value);
        await node.EchoAsync(connection, 300_000, lazily: false, Token);
    });

    [TestMethod, DynamicData(nameof(Rows)), Timeout(120_000, CooperativeCancellation = true)]
    public Task They_dial(PeerKind kind, string security, bool isPrivate) => PeerGroup.RunAsync(async group =>
    {
        using var key = PrivateNetworkKey.Generate();
        var peer = await group.StartAsync(kind, Options(group, security, isPrivate ? key : null), Token);
        await using var node = new BareNode(security, protector: isPrivate ? new PrivateNetworkProtector(key) : null);
        var address = await node.ListenAsync("/ip4/127.0.0.1/tcp/0", Token);
        await peer.CallAsync("dial", new { addr = address.ToString() }, cancellation: Token);
        await peer.CallAsync("echo", new { peer = node.PeerId.ToString(), size = 300_000 }, cancellation: Token);
    });

    [TestMethod, DynamicData(nameof(Identities)), Timeout(120_000, CooperativeCancellation = true)]
    public Task Identities_of_all_kinds_are_proven(PeerKind kind, KeyType type) => PeerGroup.RunAsync(async group =>
    {
        foreach (var security in new[] { "noise", "tls" })
        {
            var peer = await group.StartAsync(kind, Options(group, security, null), Token);
            await using var node = new BareNode(security, type);
            await node.EchoAsync(await node.DialAsync(peer.Addresses[0], Token), 10_000, lazily: true, Token);
        }
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(120_000, CooperativeCancellation = true)]
    public Task Nobody_enters_a_private_network_with_another_key(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        using var key = PrivateNetworkKey.Generate();
        using var other = PrivateNetworkKey.Generate();
        var peer = await group.StartAsync(kind, Options(group, "noise", key), Token);
        await using var node = new BareNode(protector: new PrivateNetworkProtector(other));
        await Assert.ThrowsAsync<PeerNetException>(() => node.DialAsync(peer.Addresses[0], Token));
        var address = await node.ListenAsync("/ip4/127.0.0.1/tcp/0", Token);
        await Assert.ThrowsAsync<ControlException>(() => peer.CallAsync("dial", new { addr = address.ToString() }, cancellation: Token));
    });

    private static PeerOptions Options(PeerGroup group, string security, PrivateNetworkKey? key)
    {
        var options = new PeerOptions { Listen = ["/ip4/127.0.0.1/tcp/0"], Transports = "tcp", Security = security };
        if (key is null)
            return options;
        var file = Path.Combine(group.Folder, "swarm.key");
        File.WriteAllText(file, key.ToKeyFile());
        return options.With("--psk", file);
    }
}
