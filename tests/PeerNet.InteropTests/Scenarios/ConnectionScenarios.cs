using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Dialing, and what both ends then know of each other.</summary>
public static class ConnectionScenarios
{
    /// <summary>The id of the Ed25519 key whose seed is the SHA-256 of "nobody": well formed, and nobody's.</summary>
    private const string AbsentPeerId = "12D3KooWQQK7pGPaTxZn2gtfxoVTyfJ8T4YQmgzTT5jKYpBdV7op";

    private static readonly Dictionary<PeerKind, string> NoIdentifyCommand = new() { [PeerKind.Hivemind] = "the daemon does not tell what identify found" };

    public static readonly Scenario Ping = new("ping", async run =>
    {
        var connection = await run.DialAsync();
        Assert.AreEqual(run.B.PeerId, connection.Text("peerId"));
        if (run.Stack.Transport != "quic" && connection.Text("encryption") is { } encryption)
        {
            Assert.AreEqual(run.Stack.Security == "noise" ? "/noise" : "/tls/1.0.0", encryption);
            Assert.AreEqual("/yamux/1.0.0", connection.Text("multiplexer"));
        }

        await run.CallB("waitConnected", new { peer = run.A.PeerId });
        Assert.HasCount(3, (await run.CallA("ping", new { peer = run.B.PeerId, count = 3 })).Items("rtts"));
        Assert.HasCount(3, (await run.CallB("ping", new { peer = run.A.PeerId, count = 3 })).Items("rtts"));
    });

    public static readonly Scenario Identify = new("identify", async run =>
    {
        await run.DialAsync();
        var b = await run.CallA("identifyInfo", new { peer = run.B.PeerId });
        var a = await run.CallB("identifyInfo", new { peer = run.A.PeerId });
        Assert.AreEqual(run.B.PeerId, b.Text("peerId"));
        Assert.AreEqual(run.A.PeerId, a.Text("peerId"));
        Assert.Contains("/ipfs/id/1.0.0", b.Texts("protocols"));
        Assert.Contains("/ipfs/id/1.0.0", a.Texts("protocols"));
        Assert.IsTrue(b.Texts("listenAddrs").Any(address => run.AddressOfB.StartsWith(address.Split("/p2p/")[0], StringComparison.Ordinal)));
    })
    {
        NotAsA = NoIdentifyCommand,
        NotAsB = NoIdentifyCommand,
    };

    public static readonly Scenario IdentifyPush = new("push", async run =>
    {
        await run.DialAsync();
        await run.CallA("identifyInfo", new { peer = run.B.PeerId });
        await run.CallB("identifyInfo", new { peer = run.A.PeerId });

        // Each learns what the other begins to serve, without asking.
        var ofA = ScenarioRun.NewProtocol("pushed");
        await run.CallA("handle", new { protocol = ofA, mode = "echo" });
        await ScenarioRun.PollAsync(() => run.CallB("peer", new { peer = run.A.PeerId }), peer => peer.Texts("protocols").Contains(ofA), run.Cancellation);
        var ofB = ScenarioRun.NewProtocol("pushed");
        await run.CallB("handle", new { protocol = ofB, mode = "echo" });
        await ScenarioRun.PollAsync(() => run.CallA("peer", new { peer = run.B.PeerId }), peer => peer.Texts("protocols").Contains(ofB), run.Cancellation);

        // And what it no longer serves.
        await run.CallA("unhandle", new { protocol = ofA });
        await ScenarioRun.PollAsync(() => run.CallB("peer", new { peer = run.A.PeerId }), peer => !peer.Texts("protocols").Contains(ofA), run.Cancellation);
    })
    {
        NotAsA = NoIdentifyCommand,
        NotAsB = NoIdentifyCommand,
    };

    public static readonly Scenario UnexpectedPeer = new("wrong id", async run =>
    {
        var wrong = $"{run.AddressOfB.Split("/p2p/")[0]}/p2p/{AbsentPeerId}";
        var refused = await Assert.ThrowsExactlyAsync<ControlException>(() => run.CallA("dial", new { addr = wrong }));
        Assert.AreEqual(ControlErrors.UnexpectedPeer, refused.Name, refused.Message);
    })
    {
        NotAsA = new Dictionary<PeerKind, string> { [PeerKind.Python] = "py-libp2p only says that a handshake failed" },
    };

    public static readonly Scenario Disconnect = new("disconnect", async run =>
    {
        await run.DialAsync();
        await run.CallB("waitConnected", new { peer = run.A.PeerId });
        await run.CallA("disconnect", new { peer = run.B.PeerId });
        await run.CallB("waitDisconnected", new { peer = run.A.PeerId });
        Assert.IsEmpty((await run.CallA("connections", new { peer = run.B.PeerId })).Items("connections"));
    });
}
