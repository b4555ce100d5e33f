using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Connections;

/// <summary>Transport, security, multiplexer and negotiation against running peers of other stacks, in both directions.</summary>
[TestClass, TestCategory("Interop")]
public sealed class LadderTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    public static IEnumerable<object[]> Rows =>
    [
        .. new[] { PeerKind.Go, PeerKind.Rust, PeerKind.Js }.SelectMany(kind => new object[][] { [kind, "tcp", "/tcp/0"], [kind, "ws", "/tcp/0/ws"] }),
        [PeerKind.Go, "wss", "/tcp/0/tls/ws"],
    ];

    [TestMethod, DynamicData(nameof(Rows)), Timeout(120_000, CooperativeCancellation = true)]
    public Task We_dial_and_are_echoed(PeerKind kind, string transport, string listen) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, Options(transport, listen), Token);
        await using var node = new BareNode();
        var connection = await node.DialAsync(peer.Addresses[0], Token);
        Assert.AreEqual(peer.PeerId, connection.Description.RemotePeer.ToString());
        Assert.AreEqual(transport, connection.Description.Transport);
        foreach (var size in new[] { 1, 4096, 1_000_000 })
        {
            await node.EchoAsync(connection, size, lazily: false, Token);
            await node.EchoAsync(connection, size, lazily: true, Token);
        }

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => node.EchoAsync(connection, 10_000, lazily: i % 2 == 0, Token)));
    });

    [TestMethod, DynamicData(nameof(Rows)), Timeout(120_000, CooperativeCancellation = true)]
    public Task They_dial_and_are_echoed(PeerKind kind, string transport, string listen) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, Options(transport, listen), Token);
        await using var node = new BareNode();
        var address = await node.ListenAsync("/ip4/127.0.0.1" + listen, Token);
        try
        {
            await peer.CallAsync("dial", new { addr = address.ToString() });
            foreach (var size in new[] { 1, 4096, 1_000_000 })
                await peer.CallAsync("echo", new { peer = node.PeerId.ToString(), size });
        }
        catch (ControlException error)
        {
            Assert.Fail($"{error.Message}{Environment.NewLine}{node.Failures}");
        }
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(120_000, CooperativeCancellation = true)]
    public Task What_they_do_not_speak_is_unsupported(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, Options("tcp", "/tcp/0"), Token);
        await using var node = new BareNode();
        var connection = await node.DialAsync(peer.Addresses[0], Token);
        Assert.AreEqual(BareNode.Echo, await node.NegotiateAsync(connection, ["/none/1", "/none/2", BareNode.Echo], Token));
        var error = await Assert.ThrowsExactlyAsync<NegotiationException>(() => node.NegotiateAsync(connection, ["/none/1", "/none/2"], Token));
        Assert.AreEqual(NegotiationFailure.Unsupported, error.Reason);

        // Lazily, what was written is lost, and the reader learns it.
        var stream = node.Lazily(await connection.OpenStreamAsync(Token), "/none/1");
        await stream.WriteAsync("lost"u8.ToArray(), Token);
        await Assert.ThrowsAsync<PeerNetException>(async () => await stream.ReadAsync(new byte[1], Token));

        // The connection has not suffered.
        await node.EchoAsync(connection, 100, lazily: true, Token);
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(120_000, CooperativeCancellation = true)]
    public Task Another_peer_than_the_expected_one_is_noticed(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, Options("tcp", "/tcp/0"), Token);
        await using var node = new BareNode();
        using var other = PrivateKey.Generate();
        var address = peer.Addresses[0].Replace(peer.PeerId, other.PeerId.ToString(), StringComparison.Ordinal);
        var error = await Assert.ThrowsExactlyAsync<HandshakeException>(() => node.DialAsync(address, Token));
        Assert.AreEqual(HandshakeFailure.UnexpectedPeer, error.Reason);
    });

    private static PeerOptions Options(string transport, string listen) => new()
    {
        Listen = ["/ip4/127.0.0.1" + listen],
        Transports = transport,
        Security = "noise",
    };
}
