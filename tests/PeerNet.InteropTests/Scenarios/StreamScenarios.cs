using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Bytes on streams: whole, half-closed, refused, reset, never answered.</summary>
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
        var protocol = await run.ServeAsync("keep");
        await run.DialAsync();
        var (stream, accepted) = await run.OpenAsync(protocol);
        await run.CallA("write", new { stream, text = "question" });
        Assert.AreEqual(Hex("question"), (await run.CallB("read", new { stream = accepted, bytes = 8 })).Text("hex"));

        // B sees the end, answers after it, and A still reads it.
        await run.CallA("closeWrite", new { stream });
        Assert.IsTrue((await run.CallB("read", new { stream = accepted, bytes = 1 })).IsTrue("ended"));
        await run.CallB("write", new { stream = accepted, text = "answer" });
        await run.CallB("closeWrite", new { stream = accepted });
        Assert.AreEqual(Hex("answer"), (await run.CallA("read", new { stream, bytes = 6 })).Text("hex"));
        var end = await run.CallA("read", new { stream, bytes = 1 });
        Assert.IsTrue(end.IsTrue("ended"));
        Assert.IsNull(end.Text("error"));
    });

    public static readonly Scenario Reset = new("reset", async run =>
    {
        const int CodeOfA = 4242, CodeOfB = 4343;
        var protocol = await run.ServeAsync("keep");
        await run.DialAsync();

        var (stream, accepted) = await run.OpenAsync(protocol);
        await run.CallA("reset", new { stream, code = CodeOfA });
        await AssertResetAsync(run, run.B, accepted, CodeOfA, run.A);

        (stream, accepted) = await run.OpenAsync(protocol);
        await run.CallB("reset", new { stream = accepted, code = CodeOfB });
        await AssertResetAsync(run, run.A, stream, CodeOfB, run.B);
    });

    public static readonly Scenario StalledReader = new("stalled reader", async run =>
    {
        // More than any window grows to; a reader that does not read must not let its window grow.
        const int Bytes = 32 << 20, WindowBytes = 256 << 10, OtherTrafficBytes = 1 << 20;
        var protocol = await run.ServeAsync("hang");
        await run.DialAsync();
        var stream = (await run.CallA("open", new { peer = run.B.PeerId, protocol })).Text("stream");
        var writing = run.B.Kind == PeerKind.Js
            ? run.CallA("write", new { stream, size = OtherTrafficBytes })
            : run.A.CallAsync("write", new { stream, size = Bytes }, TimeSpan.FromSeconds(1.5), run.Cancellation);

        // One full window holds nobody else up.
        Assert.HasCount(3, (await run.CallA("ping", new { peer = run.B.PeerId, count = 3 })).Items("rtts"));
        await run.CallA("echo", new { peer = run.B.PeerId, size = 65_536 });
        await run.CallB("echo", new { peer = run.A.PeerId, size = 65_536 });

        var refusal = await RefusalOfAsync(writing);
        if (run.B.Kind == PeerKind.Js)
            Assert.IsTrue(run.Meets(PeerFaults.JsTakesWhatNobodyReads, refusal is null), refusal?.Message);
        else if (!(run.A.Kind == PeerKind.Js && run.Meets(PeerFaults.JsWritesWithoutWaiting, refusal is null)))
            Assert.IsTrue(refusal?.Name == ControlErrors.Timeout || (run.A.Kind == PeerKind.Go && refusal?.Error.Contains("deadline") == true), refusal?.Message);
        if (run.A.Kind == PeerKind.PeerNet && run.B.Kind != PeerKind.Js)
            Assert.IsLessThanOrEqualTo(WindowBytes, (await run.CallA("streamStatus", new { stream })).Number("sent")!.Value);
        if (run.B.Kind == PeerKind.PeerNet)
        {
            var connection = (await run.CallB("connections", new { peer = run.A.PeerId })).Items("connections").Single();
            Assert.IsLessThan(OtherTrafficBytes, connection.Number("bytesReceived")!.Value);
        }

        await run.CallA("reset", new { stream });
        await run.CallA("echo", new { peer = run.B.PeerId, size = 65_536 });
    });

    public static readonly Scenario Silence = new("silence", async run =>
    {
        var protocol = await run.ServeAsync("hang");
        await run.DialAsync();
        var stream = (await run.CallA("open", new { peer = run.B.PeerId, protocol })).Text("stream");
        await run.CallA("write", new { stream, text = "anybody?" });
        var late = await Assert.ThrowsExactlyAsync<ControlException>(
            () => run.A.CallAsync("read", new { stream, bytes = 1 }, TimeSpan.FromMilliseconds(300), run.Cancellation));
        Assert.AreEqual(ControlErrors.Timeout, late.Name, late.Message);
    });

    private static async Task<ControlException?> RefusalOfAsync(Task command)
    {
        try
        {
            await command;
            return null;
        }
        catch (ControlException e)
        {
            return e;
        }
    }

    private static async Task AssertResetAsync(ScenarioRun run, PeerProcess reader, string stream, int code, PeerProcess resetter)
    {
        var end = await reader.CallAsync("read", new { stream, bytes = 1 }, cancellation: run.Cancellation);
        Assert.IsTrue(end.IsTrue("ended"), end.ToString());
        if (reader.Kind == PeerKind.Rust)
            Assert.IsTrue(run.Meets(PeerFaults.RustReadsResetAsEnd, end.Text("error") is null), end.ToString());
        else
            Assert.IsNotNull(end.Text("error"), end.ToString());

        // Of the others none sends a code, or none reads it.
        if (reader.Kind is PeerKind.Go or PeerKind.PeerNet && resetter.Kind is PeerKind.Go or PeerKind.PeerNet)
            Assert.AreEqual(code, end.Number("code"));
        await Assert.ThrowsExactlyAsync<ControlException>(() => reader.CallAsync("write", new { stream, text = "!" }, cancellation: run.Cancellation));
    }

    private static string Hex(string text) => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text));
}
