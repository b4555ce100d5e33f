using System.Diagnostics;

namespace PeerNet.Benchmarks;

/// <summary>Time, CPU time and allocation of a piece of work, of the whole process.</summary>
internal readonly record struct Sample(TimeSpan Elapsed, TimeSpan Cpu, long AllocatedBytes)
{
    public static async Task<Sample> OfAsync(Func<Task> work)
    {
        var process = Process.GetCurrentProcess();
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        process.Refresh();
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        await work().ConfigureAwait(false);
        var elapsed = clock.Elapsed;
        process.Refresh();
        return new Sample(elapsed, process.TotalProcessorTime - cpu, GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }
}
