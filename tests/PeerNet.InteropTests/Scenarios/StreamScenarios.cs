using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Bytes on streams: whole, half-closed, refused, never answered.</summary>
public static class StreamScenarios
{
    /// <summary>Below the 1.5 MB at which js breaks its connection to rust with one oversized Yamux frame.</summary>
    private const int LargeBytes = 1_000_000;

    /// <summary>Both hand streams on over sockets of their own and reset one that is closed in one direction only.</summary>
    private static readonly Dictionary<PeerKind, string> WithoutHalfClose = new()
    {
        [PeerKind.Kubo] = "`ipfs p2p` has no half-close",
        [PeerKind.Hivemind] = "p2pd has no half-close",
    };

    public static readonly Scenario Echo = new("echo", async run =>
    {
        await run.DialAsync();
        foreach (var size in (int[])[0, 1, 65_536, LargeBytes])
        {
            var there = await run.CallA("echo", new { peer = run.B.PeerId, size });
            Assert.AreEqual(size, there.Number("bytes"));
            var back = await run.CallB("echo", new { peer = run.A.PeerId, size });
            Assert.AreEqual(size, back.Number("bytes"));
        }
    })
    {
        NotAsA = WithoutHalfClose,
        NotAsB = WithoutHalfClose,
    };

    public static readonly Scenario UnknownProtocol = new("unknown protocol", async run =>
    {
        await run.DialAsync();
        var refused = await Assert.ThrowsExactlyAsync<ControlException>(
            () => run.CallA("echo", new { peer = run.B.PeerId, protocol = "/nobody/serves/this", size = 16 }));
        Assert.AreEqual(ControlErrors.UnsupportedProtocol, refused.Name, refused.Message);

        // The connection survives it.
        Assert.HasCount(1, (await run.CallA("ping", new { peer = run.B.PeerId })).Items("rtts"));
    })
    {
        NotAsA = new Dictionary<PeerKind, string> { [PeerKind.Kubo] = "`ipfs p2p` hides why a stream failed" },
    };

    public static readonly Scenario HalfClose = new("half-close", async run =>
    {
        await run.CallB("handle", new { protocol = "/lab/keep/1", mode = "keep" });
        await run.DialAsync();
        var stream = (await run.CallA("open", new { peer = run.B.PeerId, protocol = "/lab/keep/1" })).Text("stream");
        await run.CallA("write", new { stream, text = "question" });
        var accepted = (await run.B.WaitForEventAsync("stream", e => e.Text("protocol") == "/lab/keep/1", cancellation: run.Cancellation)).Text("stream");
        Assert.AreEqual(Hex("question"), (await run.CallB("read", new { stream = accepted, bytes = 8 })).Text("hex"));

        // B answers after A has closed its writing side, and A still reads it.
        await run.CallA("closeWrite", new { stream });
        await run.CallB("write", new { stream = accepted, text = "answer" });
        await run.CallB("closeWrite", new { stream = accepted });
        Assert.AreEqual(Hex("answer"), (await run.CallA("read", new { stream, bytes = 6 })).Text("hex"));
    });

    public static readonly Scenario Silence = new("silence", async run =>
    {
        await run.CallB("handle", new { protocol = "/lab/hang/1", mode = "hang" });
        await run.DialAsync();
        var stream = (await run.CallA("open", new { peer = run.B.PeerId, protocol = "/lab/hang/1" })).Text("stream");
        await run.CallA("write", new { stream, text = "anybody?" });
        var late = await Assert.ThrowsExactlyAsync<ControlException>(
            () => run.A.CallAsync("read", new { stream, bytes = 1 }, TimeSpan.FromMilliseconds(300), run.Cancellation));
        Assert.AreEqual(ControlErrors.Timeout, late.Name, late.Message);
    });

    private static string Hex(string text) => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text));
}
