using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Harness;

[TestClass]
public sealed class PeerKindsTests
{
    [TestMethod]
    public void A_table_has_a_row_per_scenario_pair_and_stack()
    {
        var scenario = new Scenario("one", _ => Task.CompletedTask) { NotAsB = new Dictionary<PeerKind, string> { [PeerKind.Kubo] = "no echo" } };
        var pairs = ScenarioTable.BothWays(PeerKind.Go, PeerKind.Rust, PeerKind.Kubo);
        var rows = ScenarioTable.Rows([scenario], pairs, [ProtocolStack.TcpNoise, ProtocolStack.Quic]).ToList();
        Assert.HasCount(4, pairs);
        Assert.HasCount(6, rows);
    }

    [TestMethod]
    [DataRow(PeerKind.Go, "--listen /ip4/127.0.0.1/tcp/0 --transports tcp --security tls --dht server")]
    [DataRow(PeerKind.Kubo, "--swarm /ip4/127.0.0.1/tcp/0 --set Swarm.Transports.Security.Noise=false --set Swarm.Transports.Security.TLS=200 --dht server")]
    [DataRow(PeerKind.Hivemind, "--listen /ip4/127.0.0.1/tcp/0 --p2pd-flag noise=0 --dht server")]
    public void Each_kind_gets_its_own_spelling(PeerKind kind, string line)
        => Assert.AreEqual(line, string.Join(' ', PeerOptions.For(ProtocolStack.TcpTls).With("--dht", "server").ToArguments(kind)));
}
