using System.Diagnostics;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Benchmarks;

/// <summary>What the byte path costs: one stream, many streams, echo, small messages, new streams, both ends in one process.</summary>
internal static class YamuxBenchmarks
{
    private const int Rounds = 5;

    /// <summary>Arguments: stacks and measurements to run; all by default.</summary>
    public static async Task RunAsync(string[] args)
    {
        var measurements = new Dictionary<string, Func<MuxedConnection, MuxedConnection, Task<string>>>(StringComparer.Ordinal)
        {
            ["bulk"] = (dialer, listener) => BulkAsync(dialer, listener, streams: 1, writeBytes: 64 * 1024, totalMegabytes: 2000),
            ["bulk16"] = (dialer, listener) => BulkAsync(dialer, listener, streams: 1, writeBytes: 16 * 1024, totalMegabytes: 1000),
            ["bulk1m"] = (dialer, listener) => BulkAsync(dialer, listener, streams: 1, writeBytes: 1024 * 1024, totalMegabytes: 2000),
            ["bulk100"] = (dialer, listener) => BulkAsync(dialer, listener, streams: 100, writeBytes: 64 * 1024, totalMegabytes: 2000),
            ["both"] = BothWaysAsync,
            ["small"] = SmallAsync,
            ["echo"] = (dialer, listener) => EchoAsync(dialer, listener, underLoad: false),
            ["echoload"] = (dialer, listener) => EchoAsync(dialer, listener, underLoad: true),
            ["streams"] = (dialer, listener) => StreamsAsync(dialer, listener, parallel: 1),
            ["streams16"] = (dialer, listener) => StreamsAsync(dialer, listener, parallel: 16),
        };
        if (args.FirstOrDefault(a => a.StartsWith("window=", StringComparison.Ordinal)) is { } window)
            Stacks.WindowBytes = 1024 * int.Parse(window["window=".Length..], System.Globalization.CultureInfo.InvariantCulture);
        if (args.Length == 0 || args.Contains("base"))
            await BaseAsync().ConfigureAwait(false);
        foreach (var (stack, create) in Stacks.All.Where(s => !args.Any(Stacks.All.ContainsKey) || args.Contains(s.Key)))
        {
            foreach (var (name, measure) in measurements.Where(m => !args.Any(measurements.ContainsKey) || args.Contains(m.Key)))
            {
                var (dialer, listener) = await create().ConfigureAwait(false);
                for (var round = 0; round < Rounds; round++)
                    Console.WriteLine($"{stack,-10} {name,-9} {await measure(dialer, listener).ConfigureAwait(false)}");
                if (dialer is PeerNet.Connections.Muxing.Yamux.YamuxConnection yamux)
                {
                    var c = yamux.Counters;
                    Console.WriteLine($"{"",-20} sends {c.Sends} blocked {c.BlockedSends} frames {c.SealedFrames} bytes/frame {c.SealedBytes / Math.Max(1, c.SealedFrames)} "
                        + $"bytes/send {c.SealedBytes / Math.Max(1, c.Sends)} rtt {dialer.RoundTripTime?.TotalMicroseconds:F0} us "
                        + $"window {((PeerNet.Connections.Muxing.Yamux.YamuxConnection)listener).Session.LargestWindow / 1024} KiB");
                }

                await dialer.CloseAsync().ConfigureAwait(false);
                await listener.Closed.ConfigureAwait(false);
            }
        }
    }

    /// <summary>The same bytes in the same frames without a multiplexer.</summary>
    private static async Task BaseAsync()
    {
        const int megabytes = 2000;
        const int plaintext = 32 * 1024;
        for (var round = 0; round < Rounds; round++)
        {
            var (dialer, listener) = await Stacks.SecureTcpAsync().ConfigureAwait(false);
            var sample = await Sample.OfAsync(() => Task.WhenAll(
                Task.Run(async () =>
                {
                    var slot = dialer.FramePrefixBytes + plaintext + dialer.FrameSuffixBytes;
                    var block = GC.AllocateArray<byte>(2 * slot, pinned: true);
                    for (var sent = 0L; sent < megabytes * 1_000_000L; sent += 2 * plaintext)
                    {
                        dialer.Seal(block.AsSpan(0, slot), plaintext);
                        dialer.Seal(block.AsSpan(slot, slot), plaintext);
                        await dialer.SendAsync(block).ConfigureAwait(false);
                    }

                    await dialer.ShutdownAsync().ConfigureAwait(false);
                }),
                Task.Run(async () =>
                {
                    while (true)
                    {
                        var slice = await listener.ReceiveAsync().ConfigureAwait(false);
                        if (slice.IsEmpty)
                            break;
                        slice.Release();
                    }
                }))).ConfigureAwait(false);
            Console.WriteLine($"{"tcp+noise",-10} {"base",-9} {Throughput(sample, megabytes)}");
            await dialer.DisposeAsync().ConfigureAwait(false);
            await listener.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<string> BulkAsync(MuxedConnection dialer, MuxedConnection listener, int streams, int writeBytes, int totalMegabytes)
    {
        var perStream = totalMegabytes * 1_000_000L / streams;
        var counts = new long[streams];
        var sample = await Sample.OfAsync(async () =>
        {
            var tasks = new List<Task>();
            for (var i = 0; i < streams; i++)
            {
                var (outbound, inbound) = await OpenAsync(dialer, listener).ConfigureAwait(false);
                tasks.Add(Task.Run(() => SendAsync(outbound, perStream, writeBytes)));
                tasks.Add(Task.Run(() => ReceiveAsync(inbound)));
            }

            await Task.WhenAll(tasks).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return Throughput(sample, totalMegabytes);
    }

    private static async Task<string> BothWaysAsync(MuxedConnection dialer, MuxedConnection listener)
    {
        const int megabytes = 1000;
        var sample = await Sample.OfAsync(async () =>
        {
            var up = await OpenAsync(dialer, listener).ConfigureAwait(false);
            var down = await OpenAsync(listener, dialer).ConfigureAwait(false);
            await Task.WhenAll(
                Task.Run(() => SendAsync(up.Outbound, megabytes * 1_000_000L, 64 * 1024)), Task.Run(() => ReceiveAsync(up.Inbound)),
                Task.Run(() => SendAsync(down.Outbound, megabytes * 1_000_000L, 64 * 1024)), Task.Run(() => ReceiveAsync(down.Inbound))).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return Throughput(sample, 2 * megabytes);
    }

    private static async Task<string> SmallAsync(MuxedConnection dialer, MuxedConnection listener)
    {
        const int messages = 2_000_000;
        var (outbound, inbound) = await OpenAsync(dialer, listener).ConfigureAwait(false);
        var sample = await Sample.OfAsync(() => Task.WhenAll(
            Task.Run(() => SendAsync(outbound, messages * 64L, 64)), Task.Run(() => ReceiveAsync(inbound)))).ConfigureAwait(false);
        return $"{messages / sample.Elapsed.TotalSeconds / 1e6,6:F2} M msg/s  {sample.Cpu.TotalMicroseconds / messages,6:F3} us CPU/msg  {(double)sample.AllocatedBytes / messages,6:F2} B/msg";
    }

    private static async Task<string> EchoAsync(MuxedConnection dialer, MuxedConnection listener, bool underLoad)
    {
        var count = underLoad ? 3000 : 30_000;
        var (outbound, inbound) = await OpenAsync(dialer, listener).ConfigureAwait(false);
        using var stop = new CancellationTokenSource();
        var load = underLoad ? await StartLoadAsync(dialer, listener, stop.Token).ConfigureAwait(false) : Task.CompletedTask;
        var serving = Task.Run(() => EchoServerAsync(inbound));
        var times = new long[count];
        var buffer = new byte[64];
        var sample = await Sample.OfAsync(() => Task.Run(async () =>
        {
            for (var i = 0; i < count; i++)
            {
                var begin = Stopwatch.GetTimestamp();
                await outbound.WriteAsync(buffer).ConfigureAwait(false);
                for (var got = 0; got < buffer.Length;)
                    got += await outbound.ReadAsync(buffer.AsMemory(got)).ConfigureAwait(false);
                times[i] = Stopwatch.GetTimestamp() - begin;
            }
        })).ConfigureAwait(false);
        await outbound.CloseWriteAsync().ConfigureAwait(false);
        await serving.ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await load.ConfigureAwait(false);
        Array.Sort(times);
        double Micros(double part) => times[(int)(part * (count - 1))] * 1e6 / Stopwatch.Frequency;
        return $"p50 {Micros(0.5),6:F1} us  p90 {Micros(0.9),6:F1}  p99 {Micros(0.99),7:F1}  {sample.Cpu.TotalMicroseconds / count,6:F1} us CPU/echo  {(double)sample.AllocatedBytes / count,6:F1} B/echo";
    }

    private static async Task<string> StreamsAsync(MuxedConnection dialer, MuxedConnection listener, int parallel)
    {
        const int count = 20_000;
        var accepting = Task.Run(async () =>
        {
            var tasks = new List<Task>(count);
            for (var i = 0; i < count; i++)
            {
                var stream = await listener.AcceptStreamAsync().ConfigureAwait(false);
                tasks.Add(Task.Run(() => EchoServerAsync(stream!)));
            }

            await Task.WhenAll(tasks).ConfigureAwait(false);
        });
        var sample = await Sample.OfAsync(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(async () =>
            {
                var buffer = new byte[16];
                for (var i = 0; i < count / parallel; i++)
                {
                    var stream = await dialer.OpenStreamAsync().ConfigureAwait(false);
                    await stream.WriteAsync(buffer).ConfigureAwait(false);
                    await stream.CloseWriteAsync().ConfigureAwait(false);
                    while (await stream.ReadAsync(buffer).ConfigureAwait(false) > 0)
                    {
                    }
                }
            }))).ConfigureAwait(false);
            await accepting.ConfigureAwait(false);
        }).ConfigureAwait(false);
        return $"{count / sample.Elapsed.TotalSeconds,8:F0} streams/s  {sample.Cpu.TotalMicroseconds / count,6:F1} us CPU/stream  {(double)sample.AllocatedBytes / count,6:F0} B/stream";
    }

    private static async Task<Task> StartLoadAsync(MuxedConnection dialer, MuxedConnection listener, CancellationToken stop)
    {
        var (outbound, inbound) = await OpenAsync(dialer, listener).ConfigureAwait(false);
        return Task.WhenAll(Task.Run(() => ReceiveAsync(inbound), CancellationToken.None), Task.Run(async () =>
        {
            var chunk = new byte[64 * 1024];
            while (!stop.IsCancellationRequested)
                await outbound.WriteAsync(chunk, CancellationToken.None).ConfigureAwait(false);
            await outbound.CloseWriteAsync(CancellationToken.None).ConfigureAwait(false);
        }, CancellationToken.None));
    }

    private static async Task<(MuxedStream Outbound, MuxedStream Inbound)> OpenAsync(MuxedConnection from, MuxedConnection to)
    {
        var outbound = await from.OpenStreamAsync().ConfigureAwait(false);
        await outbound.WriteAsync(new byte[1]).ConfigureAwait(false);
        var inbound = (await to.AcceptStreamAsync().ConfigureAwait(false))!;
        await inbound.ReadAsync(new byte[1]).ConfigureAwait(false);
        return (outbound, inbound);
    }

    private static async Task SendAsync(MuxedStream stream, long bytes, int writeBytes)
    {
        var chunk = new byte[writeBytes];
        for (; bytes > 0; bytes -= writeBytes)
            await stream.WriteAsync(chunk.AsMemory(0, (int)Math.Min(bytes, writeBytes))).ConfigureAwait(false);
        await stream.CloseWriteAsync().ConfigureAwait(false);
    }

    private static async Task ReceiveAsync(MuxedStream stream)
    {
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer).ConfigureAwait(false) > 0)
        {
        }

        await stream.CloseWriteAsync().ConfigureAwait(false);
    }

    private static async Task EchoServerAsync(MuxedStream stream)
    {
        try
        {
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
                await stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            await stream.CloseWriteAsync().ConfigureAwait(false);
        }
        catch (PeerNetException e)
        {
            Console.WriteLine(e.Message);
        }
    }

    private static string Throughput(Sample sample, int megabytes)
        => $"{megabytes / sample.Elapsed.TotalSeconds,7:F0} MB/s  {sample.Cpu.TotalSeconds / megabytes * 1000,6:F2} CPU s/GB  {sample.AllocatedBytes / (double)megabytes,8:F0} B/MB";
}
