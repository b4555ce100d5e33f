using PeerNet.Core.Wire;
using PeerNet.Identity;

namespace PeerNet.Protocols.Identify;

/// <summary>Reads one identify or push message from a stream, to the end of what the peer sends.</summary>
internal static class IdentifyReader
{
    /// <summary>Reads and merges all frames. The deadline is the caller's.</summary>
    /// <param name="stream">The stream; reset it when there is a fault.</param>
    /// <param name="sender">The peer that the connection is secured with.</param>
    /// <param name="keyRequired">Whether a message without a key is a fault: in identify, not in a push.</param>
    /// <param name="token">Ends the wait.</param>
    public static async ValueTask<(IdentifyInfo Info, IdentifyFault Fault)> ReadAsync(Stream stream, PeerId sender, bool keyRequired, CancellationToken token)
    {
        var assembler = new IdentifyAssembler(sender);
        using var reader = new FrameReader(stream);
        while (true)
        {
            var frame = await reader.ReadAsync(IdentifyProtocol.MaxReceivedFrameBytes, token).ConfigureAwait(false);
            if (frame.IsEnd)
            {
                IdentifyMetrics.EntriesLeftOut(assembler.LeftOut);
                var fault = assembler.Complete(keyRequired, out var info);
                return (info, fault);
            }

            if (frame.IsViolation)
                return (new IdentifyInfo(), IdentifyFault.Of(frame));
            var bad = assembler.Add(frame.Message.Span);
            if (!bad.IsNone)
                return (new IdentifyInfo(), bad);
        }
    }
}
