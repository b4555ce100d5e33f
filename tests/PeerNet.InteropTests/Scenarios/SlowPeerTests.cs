using System.Diagnostics;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Peers that take a while to install or to start: an IPFS node, a Hivemind node, py-libp2p.</summary>
[TestClass, TestCategory("Interop")]
public sealed class SlowPeerTests
{
    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Kubo, PeerKind.Hivemind, PeerKind.Python);

    public static IEnumerable<object[]> Rows => ScenarioTable.Rows(
        [ConnectionScenarios.Ping, ConnectionScenarios.Identify, ConnectionScenarios.UnexpectedPeer],
        ScenarioTable.BothWays(PeerKind.Go, PeerKind.Kubo, PeerKind.Hivemind, PeerKind.Python), [ProtocolStack.TcpNoise]);

    [TestMethod, DynamicData(nameof(Rows)), Timeout(300_000, CooperativeCancellation = true)]
    public Task Slow_peers(Scenario scenario, PeerKind a, PeerKind b, ProtocolStack stack)
        => scenario.RunAsync(a, b, stack, TestContext.CancellationToken);

    [TestMethod, Timeout(300_000, CooperativeCancellation = true)]
    public Task A_killed_kubo_peer_takes_its_daemon_along() => PeerGroup.RunAsync(async group =>
    {
        var peer = await group.StartAsync(PeerKind.Kubo, cancellation: TestContext.CancellationToken);
        var file = Directory.EnumerateFiles(group.Folder, "daemon.pid", SearchOption.AllDirectories).Single();
        var daemon = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file)));
        await peer.KillAsync();
        await daemon.WaitForExitAsync(TestContext.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20));
    });
}
