using System.Diagnostics;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>What a process costs: to start, to be there, and to hold connections that do nothing.</summary>
internal static class ProcessRows
{
    private const string Section = "process";
    private const int DialledAtOnce = 16;

    /// <summary>Connections that are opened and kept before the first look, so that what exists once is not counted.</summary>
    private const int Before = 50;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DialDeadline = TimeSpan.FromSeconds(60);

    private static readonly PeerFigure Ready = new("start to ready", "ms", LessIsBetter: true);
    private static readonly PeerFigure Resident = new("resident at start", "MiB", LessIsBetter: true);

    public static async Task MeasureStartAsync(BenchArguments wanted, IReadOnlyList<PeerKind> kinds, PeerFleet fleet, BenchResults results)
    {
        foreach (var kind in kinds)
        {
            var subject = BenchSubject.Single(kind);
            if (!wanted.Wants(Section, subject, Ready.Name))
                continue;
            var started = Stopwatch.GetTimestamp();
            var peer = await fleet.StartAsync(kind, ProtocolStack.TcpNoise).ConfigureAwait(false);
            await using (peer.ConfigureAwait(false))
            {
                results.Add(Section, subject, Ready, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                results.Add(Section, subject, Resident, ResidentMiB(peer));
            }
        }
    }

    /// <summary>PeerNet dials each kind that often, because it can dial one peer more than once; the listener is measured.</summary>
    public static async Task MeasureIdleAsync(BenchArguments wanted, IReadOnlyList<PeerKind> kinds, PeerFleet fleet, BenchResults results)
    {
        foreach (var count in wanted.IdleConnections)
        {
            foreach (var kind in kinds)
            {
                var subject = BenchSubject.Single(kind);
                if (wanted.Wants(Section, subject, "idle connections"))
                    await MeasureIdleAsync(kind, count, subject, fleet, results).ConfigureAwait(false);
            }
        }
    }

    private static async Task MeasureIdleAsync(PeerKind kind, int count, BenchSubject subject, PeerFleet fleet, BenchResults results)
    {
        var listener = await fleet.StartAsync(kind, ProtocolStack.TcpNoise).ConfigureAwait(false);
        await using var _ = listener.ConfigureAwait(false);
        var dialer = await fleet.StartAsync(PeerKind.PeerNet, ProtocolStack.TcpNoise).ConfigureAwait(false);
        await using var __ = dialer.ConfigureAwait(false);
        try
        {
            await DialAsync(Before).ConfigureAwait(false);
            var memory = await SettledAsync(listener).ConfigureAwait(false);
            await DialAsync(count).ConfigureAwait(false);
            var held = await SettledAsync(listener).ConfigureAwait(false);
            results.Add(Section, subject, new($"resident for each of {count} idle connections", "KiB", LessIsBetter: true), (held - memory) * 1024 / count);

            var processor = PeerLink.ProcessorOf(listener);
            await Task.Delay(IdleTime).ConfigureAwait(false);
            results.Add(
                Section, subject, new($"processor while {count} connections are idle", "ms/s", LessIsBetter: true),
                (PeerLink.ProcessorOf(listener) - processor).TotalMilliseconds / IdleTime.TotalSeconds);
        }
        catch (ControlException e) when (e.Name != ControlErrors.PeerExited)
        {
            await Console.Error.WriteLineAsync($"{subject}, {count} idle connections: {e.Message.Split('\n')[0]}").ConfigureAwait(false);
        }

        Task DialAsync(int times) => Parallel.ForAsync(0, times, new ParallelOptions { MaxDegreeOfParallelism = DialledAtOnce }, async (_, token)
            => await dialer.CallAsync("dial", new { addr = listener.AddressFor(ProtocolStack.TcpNoise), force = true }, DialDeadline, token).ConfigureAwait(false));
    }

    /// <summary>What it holds, in MiB, once what the handshakes left behind is gone; go is asked to collect it.</summary>
    private static async Task<double> SettledAsync(PeerProcess peer)
    {
        await Task.Delay(IdleTime).ConfigureAwait(false);
        await peer.CallAsync("memory", new { gc = true }).ConfigureAwait(false);
        return ResidentMiB(peer);
    }

    private static double ResidentMiB(PeerProcess peer)
    {
        using var process = Process.GetProcessById(peer.ProcessId);
        return process.WorkingSet64 / 1048576.0;
    }
}
