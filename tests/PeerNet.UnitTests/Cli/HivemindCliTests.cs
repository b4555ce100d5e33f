using System.Text.Json;
using PeerNet.Cli;
using PeerNet.Cli.Views;

namespace PeerNet.UnitTests.Cli;

/// <summary><c>peernet hivemind</c> against a member in this process, over loopback.</summary>
[TestClass]
public sealed class HivemindCliTests
{
    public required TestContext TestContext { get; set; }

    [TestMethod, Timeout(240_000, CooperativeCancellation = true)]
    public async Task Records_are_stored_and_read_and_members_answer()
    {
        await using var node = await PeerNode.CreateBuilder().WithOptions(Presets.Loopback()).StartAsync(TestContext.CancellationToken);
        await node.JoinHivemindAsync(Array.Empty<string>(), TestContext.CancellationToken);
        var address = node.Addresses[0];

        StringAssert.Contains(await RunAsync(ExitCodes.Done, "store", "k", """{"$tuple":[1,{"$float":2}]}""", "--initial-peer", address, "--json"), "\"stored\":true");
        using var read = JsonDocument.Parse(await RunAsync(ExitCodes.Done, "get", "k", "--initial-peer", address, "--json"));
        Assert.AreEqual("""{"$tuple":[1,{"$float":2}]}""", read.RootElement.GetProperty("value").GetRawText());
        await RunAsync(ExitCodes.Done, "store", "d", "some text", "--subkey", "s", "--initial-peer", address);
        StringAssert.Contains(await RunAsync(ExitCodes.Done, "get", "d", "--initial-peer", address), "some text");
        await RunAsync(ExitCodes.Failed, "get", "nothing", "--initial-peer", address);
        StringAssert.Contains(await RunAsync(ExitCodes.Done, "ping", address, "--initial-peer", address), node.Hivemind!.Dht.NodeId.ToString());
        StringAssert.Contains(await RunAsync(ExitCodes.Done, "peers", "--initial-peer", address, "--json"), node.PeerId.ToString());
        StringAssert.Contains(await RunAsync(ExitCodes.Done, "petals", "--initial-peer", address), "No model");
    }

    [TestMethod]
    public void Blocks_are_drawn_as_bars_and_the_weakest_are_marked()
    {
        using var model = JsonDocument.Parse("""
            {"model":"toy","complete":false,"weakest":[2],"blocks":[{"block":0,"online":2,"joining":0,"throughput":10.0},{"block":1,"online":1,"joining":1,"throughput":5.0},
            {"block":2,"online":0,"joining":0,"throughput":0.0}],"servers":[{"peerId":"Qm","start":0,"end":2,"state":"Online","throughput":5.0,"name":"a\u0007b"}]}
            """);
        var lines = BlockBars.Draw(model.RootElement).ToArray();
        Assert.HasCount(5, lines);
        Assert.AreEqual(40, lines[1].Count(c => c == '█'));
        Assert.AreEqual(20, lines[2].Count(c => c == '█'));
        StringAssert.EndsWith(lines[3], "nobody serves it");
        Assert.IsFalse(lines[4].Contains('\a'), "Names are strangers' text.");
    }

    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(["hivemind", .. arguments, "--timeout", "60", "--data-dir", Path.Combine(Path.GetTempPath(), "peernet-tests", "none")], output, error, TestContext.CancellationToken);
        Assert.AreEqual(expected, code, $"{error}{output}");
        return output.ToString();
    }
}
