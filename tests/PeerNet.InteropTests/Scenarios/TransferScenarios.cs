using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Testing.Interop;

namespace PeerNet.InteropTests.Scenarios;

/// <summary>Much data on one stream: random bytes go out, come back and are compared, so that each run covers both directions.</summary>
public static class TransferScenarios
{
    private const int MiB = 1 << 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    public static readonly Scenario Small = BothWays(2);

    public static readonly Scenario Medium = BothWays(16);

    public static readonly Scenario Large = new("256 MiB", async run =>
    {
        await run.DialAsync();
        await EchoAsync(run, run.A, run.B, 256 * MiB);
    });

    private static Scenario BothWays(int mebibytes) => new($"{mebibytes} MiB", async run =>
    {
        await run.DialAsync();
        await EchoAsync(run, run.A, run.B, mebibytes * MiB);
        await EchoAsync(run, run.B, run.A, mebibytes * MiB);
    });

    private static async Task EchoAsync(ScenarioRun run, PeerProcess from, PeerProcess to, int size)
    {
        var echo = await from.CallAsync("echo", new { peer = to.PeerId, size }, Deadline, run.Cancellation);
        Assert.AreEqual(size, echo.Number("bytes"));
    }
}
