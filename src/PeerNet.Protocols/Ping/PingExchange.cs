using System.Buffers;
using System.Security.Cryptography;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Protocols.Ping;

/// <summary>The bytes of ping on one stream.</summary>
internal static class PingExchange
{
    /// <summary>
    /// Echoes until the peer ends its direction. Only whole pings are echoed: a part of one followed by the end is a clean end. One ping is in
    /// hand at a time, so a peer that writes and does not read is held up by its own window.
    /// </summary>
    public static async ValueTask RespondAsync(PeerStream stream, CancellationToken token)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PingProtocol.PayloadBytes);
        try
        {
            var ping = buffer.AsMemory(0, PingProtocol.PayloadBytes);
            while (await stream.ReadAtLeastAsync(ping, ping.Length, throwOnEndOfStream: false, token).ConfigureAwait(false) == ping.Length)
            {
                await stream.WriteAsync(ping, token).ConfigureAwait(false);
                PingMetrics.Answered();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends one ping and takes its time, from the write to the last byte of the answer.</summary>
    /// <exception cref="ProtocolViolationException">The peer ended the stream, or sent back other bytes.</exception>
    public static async ValueTask<TimeSpan> PingAsync(PeerStream stream, TimeProvider time, CancellationToken token)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(2 * PingProtocol.PayloadBytes);
        try
        {
            var ping = buffer.AsMemory(0, PingProtocol.PayloadBytes);
            var answer = buffer.AsMemory(PingProtocol.PayloadBytes, PingProtocol.PayloadBytes);
            RandomNumberGenerator.Fill(ping.Span);
            var start = time.GetTimestamp();
            await stream.WriteAsync(ping, token).ConfigureAwait(false);
            var received = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, token).ConfigureAwait(false);
            var elapsed = time.GetElapsedTime(start);
            if (received < answer.Length)
                throw new ProtocolViolationException(PingProtocol.Id.Value, "the peer ended the stream instead of answering.");
            if (!CryptographicOperations.FixedTimeEquals(ping.Span, answer.Span))
                throw new ProtocolViolationException(PingProtocol.Id.Value, "the peer sent back other bytes than it was sent.");
            return elapsed;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
