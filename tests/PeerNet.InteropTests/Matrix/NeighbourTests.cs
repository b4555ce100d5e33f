using System.Text.Json;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.InteropTests.Scenarios;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Matrix;

/// <summary>
/// A while next to each implementation as it is shipped, its limits, time-outs and rate limits on: nobody may close the connection, and
/// nobody may find a reason to.
/// </summary>
[TestClass, TestCategory("Interop")]
public sealed class NeighbourTests
{
    private const int Attempts = 10;

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
        var neighbour = await StartAsync(group, PeerKind.Rust, ["--rust-defaults"]);
        await neighbour.AtA.WaitForCloseAsync(6 * RustIdleTimeout, TestContext.CancellationToken);
        Assert.IsEmpty(Complaints(neighbour));

        // A stream keeps it: the next connection outlives that time.
        var protocol = await neighbour.Run.ServeAsync("keep");
        neighbour = await ConnectAsync(neighbour.Run);
        await neighbour.Run.OpenAsync(protocol);
        await neighbour.AtA.AssertStaysAsync(2 * RustIdleTimeout, TestContext.CancellationToken);
    });

    [TestMethod]
    [DataRow(PeerKind.Go)]
    [DataRow(PeerKind.PeerNet)]
    [Timeout(300_000, CooperativeCancellation = true)]
    public Task Js_aborts_a_connection_whose_heartbeat_meets_its_ping(PeerKind other) => PeerGroup.RunAsync(async group =>
    {
        var options = PeerOptions.For(ProtocolStack.TcpNoise) with { IsImpatient = true };
        var peers = await group.StartAllAsync([(PeerKind.Js, options.With("--set", "monitor.pingInterval=3000")), (other, options)], TestContext.CancellationToken);
        var run = new ScenarioRun(peers[0], peers[1], ProtocolStack.TcpNoise, TestContext.CancellationToken);
        await new ScenarioRun(peers[1], peers[0], run.Stack, run.Cancellation).WarmUpAsync();
        await run.DialAsync();
        await HoldPingAsync(run);
        await run.CallA("waitDisconnected", new { peer = run.B.PeerId });
        Assert.IsTrue(run.Meets(PeerFaults.JsAbortsForItsOwnPing, true));
    });

    private Task StaysAsync(TimeSpan time, Func<ScenarioRun, CancellationToken, Task> use) => PeerGroup.RunAsync(async group =>
    {
        var neighbours = await Task.WhenAll(Neighbours.Select(neighbour => StartAsync(group, neighbour.Kind, neighbour.Flags)));
        await Task.WhenAll(neighbours.Select(neighbour => StaysAsync(neighbour, time, use)));
    });

    private async Task<Neighbour> StartAsync(PeerGroup group, PeerKind other, string[] flags)
    {
        var options = PeerOptions.For(ProtocolStack.TcpNoise) with { IsImpatient = true };
        var peers = await group.StartAllAsync([(PeerKind.PeerNet, options), (other, options.With(flags))], TestContext.CancellationToken);
        var run = new ScenarioRun(peers[0], peers[1], ProtocolStack.TcpNoise, TestContext.CancellationToken);
        return await ConnectAsync(run);
    }

    /// <summary>A stream of js's ping that stays open. A heartbeat that is on its way just then takes the only place.</summary>
    private static async Task HoldPingAsync(ScenarioRun run)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await run.CallA("open", new { peer = run.B.PeerId, protocol = "/ipfs/ping/1.0.0" });
                return;
            }
            catch (ControlException e) when (e.Name != ControlErrors.PeerExited && attempt < Attempts)
            {
                // Once more, when it is over.
            }
        }
    }

    private static async Task<Neighbour> ConnectAsync(ScenarioRun run)
    {
        await run.WarmUpAsync();
        var atA = (await run.DialAsync()).Text("connId")!;
        var atB = (await run.CallB("waitConnected", new { peer = run.A.PeerId })).Text("connId")!;
        return new Neighbour(run, new ConnectionEnd(run.A, atA), new ConnectionEnd(run.B, atB), run.A.EventCount);
    }

    private static async Task StaysAsync(Neighbour neighbour, TimeSpan time, Func<ScenarioRun, CancellationToken, Task> use)
    {
        var run = neighbour.Run;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        var inUse = use(run, over.Token);
        await Task.WhenAll(neighbour.AtA.AssertStaysAsync(time, run.Cancellation), neighbour.AtB.AssertStaysAsync(time, run.Cancellation));
        await over.CancelAsync();
        await inUse;
        Assert.IsEmpty(Complaints(neighbour));
        await run.CallA("ping", new { peer = run.B.PeerId });
    }

    private static List<string> Complaints(Neighbour neighbour)
        => [.. neighbour.Run.A.Events(neighbour.Since).Where(e => e.Text("event") is "misbehaviour" or "inbound-failed" or "dial-failed").Select(e => e.ToString())];

    private static Task IdleAsync(ScenarioRun run, CancellationToken over) => Task.CompletedTask;

    /// <summary>
    /// What an application does: requests all the time, a larger transfer now and then, in both directions. js itself does not ping: its
    /// heartbeat would sooner or later meet that, as <see cref="Js_aborts_a_connection_whose_heartbeat_meets_its_ping"/> shows.
    /// </summary>
    private static async Task BusyAsync(ScenarioRun run, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => run.CallA("echo", new { peer = run.B.PeerId, size = 1000 })));
            await run.CallB("echo", new { peer = run.A.PeerId, size = 1000 });
            await run.CallA("ping", new { peer = run.B.PeerId });
            if (run.B.Kind != PeerKind.Js)
                await run.CallB("ping", new { peer = run.A.PeerId });
            await run.CallA("echo", new { peer = run.B.PeerId, size = 1 << 20 });
            await run.CallB("identify", new { peer = run.A.PeerId });
            await Task.Delay(TimeSpan.FromMilliseconds(250), CancellationToken.None);
        }
    }

    private sealed record Neighbour(ScenarioRun Run, ConnectionEnd AtA, ConnectionEnd AtB, long Since);

    /// <summary>A connection as one of its peers names it.</summary>
    private sealed record ConnectionEnd(PeerProcess Peer, string Id)
    {
        public Task<JsonElement> WaitForCloseAsync(TimeSpan deadline, CancellationToken cancellation)
            => Peer.WaitForEventAsync("connection:close", e => e.Text("connId") == Id, deadline, cancellation: cancellation);

        public async Task AssertStaysAsync(TimeSpan time, CancellationToken cancellation)
        {
            try
            {
                Assert.Fail($"{Peer.Name} reported {await WaitForCloseAsync(time, cancellation)}");
            }
            catch (TimeoutException)
            {
                // Nothing happened, as it should be.
            }
        }
    }
}
