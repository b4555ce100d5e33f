using System.Diagnostics;
using System.Text.Json;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>
/// Something that two connected peers do, and the numbers it gives in the order of <see cref="Figures"/>. The scale divides how much they do:
/// a warm-up does a tenth.
/// </summary>
internal sealed record PeerMeasurement(string Name, IReadOnlyList<PeerFigure> Figures, Func<PeerLink, int, Task<double[]>> TakeAsync)
{
    private const long MiB = 1 << 20;
    private const long BulkBytes = 256 * MiB;

    /// <summary>Sizes that take about a second between fast peers.</summary>
    public static IReadOnlyList<PeerMeasurement> All { get; } =
    [
        Bulk("one stream up", streams: 1, isUpload: true),
        Bulk("one stream down", streams: 1, isUpload: false),
        Bulk("100 streams up", streams: 100, isUpload: true),
        Bulk("100 streams down", streams: 100, isUpload: false),
        Latency("echo of 64 bytes", (link, scale) => Echoes(link, 8_000 / scale, 1)),
        Rate("echoes of 64 bytes, 32 at once", (link, scale) => Echoes(link, 40_000 / scale, 32)),
        EchoUnderLoad(),
        Latency("new stream, one at a time", (link, scale) => Streams(link, 2_000 / scale, 1)),
        Rate("new streams, 16 at once", (link, scale) => Streams(link, 8_000 / scale, 16)),
        Latency("handshake, one at a time", (link, scale) => Handshakes(link, 200 / scale, 1, identify: false)),
        Rate("handshakes, 8 at once", (link, scale) => Handshakes(link, 600 / scale, 8, identify: false)),
        Rate("handshakes with identify, 8 at once", (link, scale) => Handshakes(link, 400 / scale, 8, identify: true)),
        Allocation(),
    ];

    private static Task<JsonElement> Echoes(PeerLink link, int count, int concurrency)
        => link.CallAsync("echoBench", new { peer = link.To.PeerId, size = 64, count, concurrency });

    private static Task<JsonElement> Streams(PeerLink link, int count, int concurrency)
        => link.CallAsync("streamsBench", new { peer = link.To.PeerId, count, concurrency });

    private static Task<JsonElement> Handshakes(PeerLink link, int count, int concurrency, bool identify)
        => link.CallAsync("handshakeBench", new { addr = link.Address, count, concurrency, identify });

    private static PeerMeasurement Bulk(string name, int streams, bool isUpload) => new(
        name,
        [new(name, "MiB/s"), new($"{name}: processor of both ends", "s/GiB", LessIsBetter: true)],
        async (link, scale) =>
        {
            var bytes = BulkBytes / scale / streams;
            var (processor, started) = (link.Processor(), Stopwatch.GetTimestamp());
            await Task.WhenAll(Enumerable.Range(0, streams).Select(_ => TransferAsync(link, isUpload ? bytes : 0, isUpload ? 0 : bytes))).ConfigureAwait(false);
            var (seconds, moved) = (Stopwatch.GetElapsedTime(started).TotalSeconds, (double)bytes * streams / MiB);
            return [moved / seconds, (link.Processor() - processor).TotalSeconds / moved * 1024];
        });

    private static Task TransferAsync(PeerLink link, long up, long down) => link.CallAsync("perf", new { peer = link.To.PeerId, up, down });

    private static PeerMeasurement Latency(string name, Func<PeerLink, int, Task<JsonElement>> run) => new(
        name,
        [new($"{name}: p50", "us", LessIsBetter: true), new($"{name}: p99", "us", LessIsBetter: true)],
        async (link, scale) =>
        {
            var result = await run(link, scale).ConfigureAwait(false);
            return [result.Number("p50us")!.Value, result.Number("p99us")!.Value];
        });

    private static PeerMeasurement Rate(string name, Func<PeerLink, int, Task<JsonElement>> run) => new(
        name,
        [new(name, "1/s"), new($"{name}: processor of both ends", "us each", LessIsBetter: true)],
        async (link, scale) =>
        {
            var processor = link.Processor();
            var result = await run(link, scale).ConfigureAwait(false);
            return [result.Number("perSecond")!.Value, (link.Processor() - processor).TotalMicroseconds / result.Number("count")!.Value];
        });

    private static PeerMeasurement EchoUnderLoad() => new(
        "echo beside a bulk transfer",
        [new("echo of 64 bytes beside a bulk transfer: p50", "us", LessIsBetter: true), new("echo of 64 bytes beside a bulk transfer: p99", "us", LessIsBetter: true)],
        async (link, scale) =>
        {
            var echoes = Echoes(link, 1_000 / scale, 1);
            do
            {
                await TransferAsync(link, BulkBytes / 4 / scale, 0).ConfigureAwait(false);
            }
            while (!echoes.IsCompleted);
            var result = await echoes.ConfigureAwait(false);
            return [result.Number("p50us")!.Value, result.Number("p99us")!.Value];
        });

    /// <summary>A measurement of its own, because asking stops the world in go.</summary>
    private static PeerMeasurement Allocation() => new(
        "allocation",
        [new("allocated by both ends", "bytes per MiB", LessIsBetter: true), new("allocated by both ends", "bytes per echo", LessIsBetter: true)],
        async (link, scale) =>
        {
            var (mebibytes, echoes) = (64 / scale, 2_000 / scale);
            var before = await link.AllocatedAsync().ConfigureAwait(false);
            await TransferAsync(link, mebibytes * MiB, 0).ConfigureAwait(false);
            var between = await link.AllocatedAsync().ConfigureAwait(false);
            await Echoes(link, echoes, 1).ConfigureAwait(false);
            var after = await link.AllocatedAsync().ConfigureAwait(false);
            return [(between - before) / mebibytes, (after - between) / echoes];
        });
}
