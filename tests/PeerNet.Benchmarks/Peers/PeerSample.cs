using System.Diagnostics;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>What one run of a figure gave: the number, and the processor time that both ends together took for it.</summary>
internal readonly record struct PeerSample(double Value, TimeSpan Processor)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    public static async Task<PeerSample> TakeAsync(PeerFigure figure, PeerProcess from, PeerProcess to, int scale)
    {
        var before = ProcessorTime(from) + ProcessorTime(to);
        var result = await from.CallAsync(figure.Command, figure.Arguments(to, scale), Deadline).ConfigureAwait(false);
        return new PeerSample(figure.Read(result), ProcessorTime(from) + ProcessorTime(to) - before);
    }

    private static TimeSpan ProcessorTime(PeerProcess peer)
    {
        using var process = Process.GetProcessById(peer.ProcessId);
        return process.TotalProcessorTime;
    }
}
