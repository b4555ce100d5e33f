using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Connections;

/// <summary>Windows, frames and stream limits of Yamux against running peers of other stacks.</summary>
[TestClass, TestCategory("Interop")]
public sealed class YamuxTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Eight_streams_with_writes_of_all_sizes_come_back_unaltered(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var (node, connection) = await DialAsync(group, kind);
        await using var owned = node;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => EchoInPiecesAsync(node, connection, seed: i, total: 4_000_000), Token)));
        Assert.IsFalse(connection.Closed.IsCompleted);
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(180_000, CooperativeCancellation = true)]
    public Task Bulk_beyond_every_window_goes_both_ways(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var (node, connection) = await DialAsync(group, kind);
        await using var owned = node;
        await EchoInPiecesAsync(node, connection, seed: 1, total: 40_000_000);
        Assert.IsFalse(connection.Closed.IsCompleted);
        Assert.IsNotNull(connection.RoundTripTime);
    });

    /// <summary>rust-libp2p ends a connection that reaches 512 streams, and js serves some dozens of one protocol: opening waits instead.</summary>
    [TestMethod, Timeout(180_000, CooperativeCancellation = true)]
    public Task Seven_hundred_opens_at_once_do_not_cost_the_connection_to_rust() => PeerGroup.RunAsync(async group =>
    {
        var (node, connection) = await DialAsync(group, PeerKind.Rust);
        await using var owned = node;
        await Task.WhenAll(Enumerable.Range(0, 700).Select(_ => node.EchoAsync(connection, 500, lazily: true, Token)));
        Assert.IsFalse(connection.Closed.IsCompleted);
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(120_000, CooperativeCancellation = true)]
    public Task A_thousand_streams_one_after_the_other_leave_nothing_behind(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var (node, connection) = await DialAsync(group, kind);
        await using var owned = node;
        for (var i = 0; i < 1000; i++)
            await node.EchoAsync(connection, 100, lazily: i % 2 == 0, Token);
        while (connection.StreamCount > 2)
            await Task.Delay(10, Token);
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.Rust)]
    [DataRow(PeerKind.Js)]
    [Timeout(120_000, CooperativeCancellation = true)]
    public Task A_graceful_close_is_seen_as_one_by_either_end(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var (node, connection) = await DialAsync(group, kind);
        await using var owned = node;
        await node.EchoAsync(connection, 1000, lazily: true, Token);
        await connection.CloseAsync(token: Token);
        Assert.AreEqual(ConnectionCloseReason.Local, (await connection.Closed.WaitAsync(Token)).Reason);
    });

    private async Task<(BareNode Node, MuxedConnection Connection)> DialAsync(PeerGroup group, PeerKind kind)
    {
        var peer = await group.StartAsync(kind, new PeerOptions { Listen = ["/ip4/127.0.0.1/tcp/0"], Transports = "tcp", Security = "noise" }, Token);
        var node = new BareNode();
        return (node, await node.DialAsync(peer.Addresses[0], Token));
    }

    private async Task EchoInPiecesAsync(BareNode node, MuxedConnection connection, int seed, int total)
    {
        var stream = node.Lazily(await connection.OpenStreamAsync(Token), BareNode.Echo);
        var random = new Random(seed);
        var bytes = new byte[total];
        random.NextBytes(bytes);
        var sending = Task.Run(async () =>
        {
            for (var at = 0; at < total;)
            {
                var count = Math.Min(total - at, random.Next(1, 70_000));
                await stream.WriteAsync(bytes.AsMemory(at, count), Token);
                at += count;
            }

            await stream.CloseWriteAsync(Token);
        }, Token);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[50_000];
        var received = 0L;
        while (await stream.ReadAsync(buffer, Token) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            received += count;
        }

        await sending;
        Assert.AreEqual(total, received);
        CollectionAssert.AreEqual(SHA256.HashData(bytes), hash.GetHashAndReset());
    }
}
