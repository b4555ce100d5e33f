using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>
/// A while next to each implementation as it is shipped, its limits, time-outs and rate limits on: nobody may close the connection, and
/// nobody may find a reason to.
/// </summary>
[TestClass, TestCategory("Interop")]
public sealed class NeighbourTests
{
    private static readonly TimeSpan While = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongWhile = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan RustIdleTimeout = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What brings each kind closest to how it is shipped: go's defaults are on unless flags say otherwise; js gets back its limit of five
    /// inbound connections a second. Rust's idle time-out of 10 s is a case of its own.
    /// </summary>
    private static readonly (PeerKind Kind, string[] Flags)[] Neighbours =
        [(PeerKind.Go, []), (PeerKind.Rust, []), (PeerKind.Js, ["--js-defaults"]), (PeerKind.PeerNet, [])];

    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(MatrixTable.Others);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task An_idle_connection_stays() => StaysAsync(While, IdleAsync);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task A_busy_connection_stays() => StaysAsync(While, BusyAsync);

    [TestMethod, TestCategory("LongRunning"), Timeout(1_500_000, CooperativeCancellation = true)]
    public Task An_idle_connection_stays_for_long() => StaysAsync(LongWhile, IdleAsync);

    [TestMethod, TestCategory("LongRunning"), Timeout(1_500_000, CooperativeCancellation = true)]
    public Task A_busy_connection_stays_for_long() => StaysAsync(LongWhile, BusyAsync);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task Rust_closes_what_it_finds_idle_and_is_dialled_again() => PeerGroup.RunAsync(async group =>
    {
        var run = await StartAsync(group, PeerKind.Rust, ["--rust-defaults"]);
        var closed = await run.A.WaitForEventAsync("connection:close", deadline: 6 * RustIdleTimeout, cancellation: run.Cancellation);
        Assert.AreEqual(run.B.PeerId, closed.Text("peerId"));
        Assert.IsEmpty(Complaints(run.A, 0));

        // A stream keeps it: the next one outlives that time.
        await run.CallB("handle", new { protocol = "/lab/kept/1", mode = "keep" });
        var since = run.A.EventCount;
        await run.DialAsync();
        await run.OpenAsync("/lab/kept/1");
        await AssertStaysAsync(run.A, since, 2 * RustIdleTimeout, run.Cancellation);
    });

    private Task StaysAsync(TimeSpan time, Func<ScenarioRun, CancellationToken, Task> use) => PeerGroup.RunAsync(async group =>
    {
        var runs = await Task.WhenAll(Neighbours.Select(neighbour => StartAsync(group, neighbour.Kind, neighbour.Flags)));
        await Task.WhenAll(runs.Select(run => StaysAsync(run, time, use)));
    });

    private async Task<ScenarioRun> StartAsync(PeerGroup group, PeerKind other, string[] flags)
    {
        var options = PeerOptions.For(ProtocolStack.TcpNoise);
        var peers = await group.StartAllAsync([(PeerKind.PeerNet, options), (other, options.With(flags))], TestContext.CancellationToken);
        var run = new ScenarioRun(peers[0], peers[1], ProtocolStack.TcpNoise, TestContext.CancellationToken);
        await run.DialAsync();
        await run.CallB("identifyInfo", new { peer = run.A.PeerId });
        return run;
    }

    private static async Task StaysAsync(ScenarioRun run, TimeSpan time, Func<ScenarioRun, CancellationToken, Task> use)
    {
        var connection = await ConnectionAsync(run);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var using_ = use(run, over.Token);
        await Task.WhenAll(AssertStaysAsync(run.A, 0, time, run.Cancellation), AssertStaysAsync(run.B, 0, time, run.Cancellation));
        await over.CancelAsync();
        await using_;
        Assert.AreEqual(connection, await ConnectionAsync(run), run.B.Name);
        Assert.IsEmpty(Complaints(run.A, 0));
        await run.CallA("ping", new { peer = run.B.PeerId });
        await run.CallB("ping", new { peer = run.A.PeerId });
    }

    private static async Task<string?> ConnectionAsync(ScenarioRun run)
        => (await run.CallA("connections", new { peer = run.B.PeerId })).Items("connections").Single().Text("connId");

    private static async Task AssertStaysAsync(PeerProcess peer, long since, TimeSpan time, CancellationToken cancellation)
    {
        try
        {
            var closed = await peer.WaitForEventAsync("connection:close", deadline: time, since: since, cancellation: cancellation);
            Assert.Fail($"{peer.Name} reported {closed}");
        }
        catch (TimeoutException)
        {
            // Nothing happened, as it should be.
        }
    }

    private static List<string> Complaints(PeerProcess peer, long since)
        => [.. peer.Events(since).Where(e => e.Text("event") is "misbehaviour" or "inbound-failed" or "dial-failed").Select(e => e.ToString())];

    private static Task IdleAsync(ScenarioRun run, CancellationToken over) => Task.CompletedTask;

    /// <summary>What an application does: requests all the time, a larger transfer now and then, in both directions.</summary>
    private static async Task BusyAsync(ScenarioRun run, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => run.CallA("echo", new { peer = run.B.PeerId, size = 1000 })));
            await run.CallB("echo", new { peer = run.A.PeerId, size = 1000 });
            await run.CallA("ping", new { peer = run.B.PeerId });
            await run.CallB("ping", new { peer = run.A.PeerId });
            await run.CallA("echo", new { peer = run.B.PeerId, size = 1 << 20 });
            await run.CallB("identify", new { peer = run.A.PeerId });
            await Task.Delay(TimeSpan.FromMilliseconds(250), CancellationToken.None);
        }
    }
}
