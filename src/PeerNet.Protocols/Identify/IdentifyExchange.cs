using PeerNet.Core.Connections;
using PeerNet.Core.Wire;

namespace PeerNet.Protocols.Identify;

/// <summary>The messages of identify on one stream.</summary>
internal static class IdentifyExchange
{
    /// <summary>Tells a peer what this node is, in one write, and ends the direction.</summary>
    public static async ValueTask TellAsync(PeerStream stream, IdentifyInfo info, CancellationToken token)
    {
        using var writer = new FrameWriter();
        IdentifyEncoder.Write(writer, info);
        await writer.SendAsync(stream, token).ConfigureAwait(false);
        await stream.CloseWriteAsync(token).ConfigureAwait(false);
    }
}
