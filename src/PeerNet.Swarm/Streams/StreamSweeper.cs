using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Swarm.Streams;

/// <summary>
/// Ends streams that outstay: those that move no byte for longer than their handler allows, and those that this node is done with while the
/// peer never ends its own direction.
/// </summary>
internal static class StreamSweeper
{
    public static void Sweep(StreamList streams, StreamLimits limits, Instant now)
    {
        if (streams.Count == 0)
            return;
        foreach (var stream in streams.Snapshot())
        {
            if (stream.FinishedAt < now)
            {
                if (now - stream.FinishedAt >= limits.LingerTimeout)
                    stream.Stream.Reset();
                continue;
            }

            stream.NoteDisposed(now);

            if (stream.Handler?.Options.IdleTimeout is not { } idle)
                continue;
            var bytes = stream.Bytes;
            if (bytes != stream.LastBytes)
                (stream.LastBytes, stream.LastActivity) = (bytes, now);
            else if (now - stream.LastActivity >= idle)
                stream.Stream.Reset(ErrorCodes.None);
        }
    }
}
