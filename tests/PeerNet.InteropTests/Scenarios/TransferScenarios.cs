using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Much data on one stream: random bytes go out, come back and are compared, so that each run covers both directions.</summary>
public static class TransferScenarios
{
    private const int MiB = 1 << 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static readonly Scenario Medium = Transfer("16 MiB", 16 * MiB);

    public static readonly Scenario Large = Transfer("256 MiB", 256 * MiB);

    private static Scenario Transfer(string name, int size) => new(name, async run =>
    {
        await run.DialAsync();
        var there = await run.A.CallAsync("echo", new { peer = run.B.PeerId, size }, Deadline, run.Cancellation);
        Assert.AreEqual(size, there.Number("bytes"));
        var back = await run.B.CallAsync("echo", new { peer = run.A.PeerId, size }, Deadline, run.Cancellation);
        Assert.AreEqual(size, back.Number("bytes"));
    });
}
