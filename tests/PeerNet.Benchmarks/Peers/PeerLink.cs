using System.Diagnostics;
using PeerNet.Testing.Interop;

namespace PeerNet.Benchmarks.Peers;

/// <summary>Two peers with a connection between them, and what both ends together have used so far.</summary>
internal sealed record PeerLink(PeerProcess From, PeerProcess To, ProtocolStack Stack)
{
    private const int OpenAttempts = 5;

    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    /// <summary>Where the other end listens.</summary>
    public string Address => To.AddressFor(Stack);

    /// <summary>A command to the dialer.</summary>
    public Task<System.Text.Json.JsonElement> CallAsync(string command, object arguments) => From.CallAsync(command, arguments, Deadline);

    /// <summary>Processor time of both processes since they started; the system counts it in steps of 10 ms.</summary>
    public TimeSpan Processor() => ProcessorOf(From) + ProcessorOf(To);

    /// <summary>Bytes that both processes have allocated since they started; not a number where one does not count them.</summary>
    public async Task<double> AllocatedAsync() => await AllocatedByAsync(From).ConfigureAwait(false) + await AllocatedByAsync(To).ConfigureAwait(false);

    /// <summary>Connects, in a few attempts: right after thousands of handshakes a dial may fail.</summary>
    public async Task OpenAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await From.CallAsync("dial", new { addr = Address }).ConfigureAwait(false);
                return;
            }
            catch (ControlException e) when (e.Name != ControlErrors.PeerExited && attempt < OpenAttempts)
            {
                await Task.Delay(BetweenAttempts).ConfigureAwait(false);
            }
        }
    }

    public async Task CloseAsync()
    {
        await From.CallAsync("disconnect", new { peer = To.PeerId }).ConfigureAwait(false);
        await To.CallAsync("waitDisconnected", new { peer = From.PeerId }).ConfigureAwait(false);
    }

    public static TimeSpan ProcessorOf(PeerProcess peer)
    {
        using var process = Process.GetProcessById(peer.ProcessId);
        return process.TotalProcessorTime;
    }

    private static async Task<double> AllocatedByAsync(PeerProcess peer)
        => (await peer.CallAsync("memory").ConfigureAwait(false)).Number("allocated") ?? double.NaN;
}
