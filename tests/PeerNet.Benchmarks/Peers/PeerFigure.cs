using System.Text.Json;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>One thing that is measured between two running peers: a command to the dialer, and the number that is read off its result.</summary>
internal sealed record PeerFigure(string Name, string Unit, string Command, Func<PeerProcess, int, object> Arguments, Func<JsonElement, double> Read)
{
    private const int MiB = 1 << 20;

    /// <summary>Whether less is better.</summary>
    public bool IsTime { get; init; }

    /// <summary>All figures, each with sizes that take a second or two between fast peers; a warm-up runs a tenth of it.</summary>
    public static IReadOnlyList<PeerFigure> All { get; } =
    [
        new("upload", "Mbit/s", "perf", (to, scale) => new { peer = to.PeerId, up = 512L * MiB / scale, down = 0 }, result => result.Number("upMbps")!.Value),
        new("download", "Mbit/s", "perf", (to, scale) => new { peer = to.PeerId, up = 0, down = 512L * MiB / scale }, result => result.Number("downMbps")!.Value),
        new("echo of 64 bytes", "us", "echoBench", (to, scale) => new { peer = to.PeerId, size = 64, count = 20_000 / scale, concurrency = 1 }, result => result.Number("p50us")!.Value) { IsTime = true },
        new("echo of 1 KiB, 32 at once", "1/s", "echoBench", (to, scale) => new { peer = to.PeerId, size = 1024, count = 100_000 / scale, concurrency = 32 }, PerSecond),
        new("streams, one at a time", "us", "streamsBench", (to, scale) => new { peer = to.PeerId, count = 5_000 / scale, concurrency = 1 }, result => result.Number("p50us")!.Value) { IsTime = true },
        new("streams, 32 at once", "1/s", "streamsBench", (to, scale) => new { peer = to.PeerId, count = 20_000 / scale, concurrency = 32 }, PerSecond),
        new("handshakes, one at a time", "us", "handshakeBench", (to, scale) => new { addr = Address(to), count = 500 / scale, concurrency = 1 }, result => result.Number("p50us")!.Value) { IsTime = true },
        new("handshakes, 8 at once", "1/s", "handshakeBench", (to, scale) => new { addr = Address(to), count = 2_000 / scale, concurrency = 8 }, PerSecond),
    ];

    private static double PerSecond(JsonElement result) => result.Number("perSecond")!.Value;

    private static string Address(PeerProcess peer) => peer.AddressFor(ProtocolStack.TcpNoise);
}
