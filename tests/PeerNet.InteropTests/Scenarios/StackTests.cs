using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>The other stacks among themselves: proves the harness, and shows what a neighbour may expect.</summary>
[TestClass, TestCategory("Interop")]
public sealed class StackTests
{
    private static readonly Scenario[] Scenarios =
    [
        ConnectionScenarios.Ping, ConnectionScenarios.Identify, ConnectionScenarios.UnexpectedPeer, ConnectionScenarios.Disconnect,
        StreamScenarios.Echo, StreamScenarios.UnknownProtocol, StreamScenarios.HalfClose, StreamScenarios.Silence,
    ];

    public TestContext TestContext { get; set; } = null!;

    [ClassInitialize]
    public static Task InstallPeers(TestContext _) => PeerKinds.PrepareAsync(PeerKind.Go, PeerKind.Rust, PeerKind.Js);

    /// <summary>A pair per direction and a stack per pair keep the table short: the peers' own suites cover the rest.</summary>
    public static IEnumerable<object[]> Rows =>
    [
        .. ScenarioTable.Rows(Scenarios, [(PeerKind.Go, PeerKind.Rust), (PeerKind.Js, PeerKind.Go)], [ProtocolStack.TcpNoise]),
        .. ScenarioTable.Rows(Scenarios, [(PeerKind.Rust, PeerKind.Js)], [ProtocolStack.WsTls]),
        .. ScenarioTable.Rows(Scenarios, [(PeerKind.Rust, PeerKind.Go)], [ProtocolStack.Quic]),
    ];

    [TestMethod, DynamicData(nameof(Rows)), Timeout(300_000, CooperativeCancellation = true)]
    public Task Neighbours(Scenario scenario, PeerKind a, PeerKind b, ProtocolStack stack)
        => scenario.RunAsync(a, b, stack, TestContext.CancellationToken);
}
