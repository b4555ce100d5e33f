using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Whole applications (an IPFS node, a Hivemind node) as the other end.</summary>
[TestClass, TestCategory("Interop")]
public sealed class ApplicationTests
{
    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Kubo, PeerKind.Hivemind);

    public static IEnumerable<object[]> Rows => ScenarioTable.Rows(
        [ConnectionScenarios.Ping, ConnectionScenarios.Identify, ConnectionScenarios.UnexpectedPeer],
        ScenarioTable.BothWays(PeerKind.Go, PeerKind.Kubo, PeerKind.Hivemind), [ProtocolStack.TcpNoise]);

    [TestMethod, DynamicData(nameof(Rows)), Timeout(120_000, CooperativeCancellation = true)]
    public Task Applications(Scenario scenario, PeerKind a, PeerKind b, ProtocolStack stack)
        => scenario.RunAsync(a, b, stack, TestContext.CancellationToken);
}
