using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Harness;

/// <summary>What the harness promises, against real peers.</summary>
[TestClass, TestCategory("Interop")]
public sealed class PeerProcessTests
{
    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    public static IEnumerable<object[]> Kinds => [[PeerKind.Go], [PeerKind.Rust], [PeerKind.Js]];

    [TestMethod, DynamicData(nameof(Kinds))]
    public Task Names_a_command_that_the_peer_lacks(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, cancellation: TestContext.CancellationToken);
        var refused = await Assert.ThrowsExactlyAsync<ControlException>(() => peer.CallAsync("makeCoffee", new { cups = 2 }));
        Assert.AreEqual(ControlErrors.UnsupportedCommand, refused.Name);
        Assert.Contains("\"cups\":2", refused.Message);
    });

    [TestMethod]
    public async Task Counts_a_command_that_the_peer_lacks_as_not_applicable()
    {
        await PeerKinds.RequireAsync(PeerKind.Go);
        var skipped = await Assert.ThrowsExactlyAsync<AssertInconclusiveException>(() => PeerGroup.RunAsync(async group =>
        {
            var peer = await group.StartAsync(PeerKind.Go, cancellation: TestContext.CancellationToken);
            await peer.CallAsync("makeCoffee");
        }));
        Assert.Contains("Not applicable", skipped.Message);
    }

    [TestMethod]
    public Task Every_kind_has_the_same_identity_from_the_same_seed() => PeerGroup.RunAsync(async group =>
    {
        var options = new PeerOptions { Seed = "the same" };
        var peers = await group.StartAllAsync([(PeerKind.Go, options), (PeerKind.Rust, options), (PeerKind.Js, options)], TestContext.CancellationToken);
        Assert.HasCount(1, peers.Select(peer => peer.PeerId).Distinct());
    });

    [TestMethod]
    public async Task A_failure_shows_what_every_peer_logged()
    {
        await PeerKinds.RequireAsync(PeerKind.Rust);
        var failed = await Assert.ThrowsExactlyAsync<AssertFailedException>(() => PeerGroup.RunAsync(async group =>
        {
            var peer = await group.StartAsync(PeerKind.Rust, cancellation: TestContext.CancellationToken);
            await peer.CallAsync("dial", new { addr = "/ip4/127.0.0.1/tcp/1/p2p/" + peer.PeerId });
        }));
        Assert.Contains("\"cmd\":\"dial\"", failed.Message);
        Assert.Contains("--- rust 'a' reported last", failed.Message);
        Assert.Contains("--- and logged last", failed.Message);
    }

    [TestMethod, DynamicData(nameof(Kinds))]
    public Task A_peer_that_cannot_start_says_why(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        await PeerKinds.RequireAsync(kind);
        var options = new PeerOptions { Listen = ["/ip4/127.0.0.1/nonsense/0"] };
        var failed = await Assert.ThrowsExactlyAsync<ControlException>(() => group.StartAsync(kind, options, TestContext.CancellationToken));
        Assert.Contains("nonsense", failed.Message);
    });

    [TestMethod, DynamicData(nameof(Kinds))]
    public Task A_killed_peer_ends_commands_and_waits(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, cancellation: TestContext.CancellationToken);
        var command = peer.CallAsync("waitConnected", new { peer = peer.PeerId });
        var wait = peer.WaitForEventAsync("never");
        await peer.KillAsync();
        Assert.AreEqual(ControlErrors.PeerExited, (await Assert.ThrowsExactlyAsync<ControlException>(() => command)).Name);
        Assert.AreEqual(ControlErrors.PeerExited, (await Assert.ThrowsExactlyAsync<ControlException>(() => wait)).Name);
        Assert.AreEqual(ControlErrors.PeerExited, (await Assert.ThrowsExactlyAsync<ControlException>(() => peer.CallAsync("self"))).Name);
    });

    [TestMethod, DynamicData(nameof(Kinds))]
    public Task A_wait_tells_which_events_came_instead(PeerKind kind) => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(kind, cancellation: TestContext.CancellationToken);
        var late = await Assert.ThrowsExactlyAsync<TimeoutException>(() => peer.WaitForEventAsync("never", deadline: TimeSpan.FromMilliseconds(50)));
        Assert.Contains("\"ready\"", late.Message);
    });

    [TestMethod, DynamicData(nameof(Kinds))]
    public async Task Leaves_no_process_and_no_file(PeerKind kind)
    {
        string folder = "";
        var process = 0;
        await PeerGroup.RunAsync(async group =>
        {
            folder = group.Folder;
            process = (await group.StartAsync(kind, cancellation: TestContext.CancellationToken)).ProcessId;
            Assert.IsTrue(Directory.Exists(folder));
        });
        Assert.IsFalse(Directory.Exists(folder));
        Assert.ThrowsExactly<ArgumentException>(() => Process.GetProcessById(process));
    }
}
