using PeerNet.Core;
using PeerNet.Core.Connections;

namespace PeerNet.Control;

/// <summary>What every peer of the interop tests serves.</summary>
internal static class TestProtocols
{
    public static ProtocolId Echo { get; } = "/echo/1.0.0";

    /// <summary>Sends back what arrives, until the end. Slow writing slows reading: nothing piles up.</summary>
    public static async ValueTask EchoAsync(PeerStream stream, CancellationToken token)
    {
        while (true)
        {
            var slice = await stream.ReadSliceAsync(token).ConfigureAwait(false);
            try
            {
                if (slice.IsEmpty)
                    break;
                await stream.WriteAsync(slice.Memory, token).ConfigureAwait(false);
            }
            finally
            {
                slice.Release();
            }
        }

        await stream.CloseWriteAsync(token).ConfigureAwait(false);
    }

    /// <summary>Reads all and answers nothing.</summary>
    public static async ValueTask SinkAsync(PeerStream stream, CancellationToken token)
    {
        while (true)
        {
            var slice = await stream.ReadSliceAsync(token).ConfigureAwait(false);
            slice.Release();
            if (slice.IsEmpty)
                return;
        }
    }
}
