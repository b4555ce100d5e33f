using System.Buffers.Binary;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Protocols.Perf;

/// <summary>
/// The bytes of perf on one stream. What is sent comes from one shared block, what is received is counted where it lies: nothing is allocated
/// or copied for it, however much is asked for.
/// </summary>
internal static class PerfExchange
{
    // Never written to: every stream of the process sends the same zeros.
    private static readonly ReadOnlyMemory<byte> Block = new byte[PerfProtocol.BlockBytes];

    /// <summary>Serves one request: reads the header, drains the upload, sends what was asked for.</summary>
    /// <exception cref="ProtocolViolationException">There is no header.</exception>
    public static async ValueTask RespondAsync(PeerStream stream, ulong maxBytes, CancellationToken token)
    {
        var header = new byte[PerfProtocol.HeaderBytes];
        if (await stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, token).ConfigureAwait(false) < header.Length)
            throw new ProtocolViolationException(PerfProtocol.Id.Value, "the peer ended the stream inside the header.");

        var wanted = BinaryPrimitives.ReadUInt64BigEndian(header);
        if (wanted > maxBytes)
        {
            stream.Reset(ErrorCodes.StreamResourceLimit);
            return;
        }

        var uploaded = await DrainAsync(stream, null, token).ConfigureAwait(false);
        await SendAsync(stream, wanted, null, token).ConfigureAwait(false);
        await stream.CloseWriteAsync(token).ConfigureAwait(false);
        PerfMetrics.Served(uploaded, wanted);
    }

    /// <summary>Makes one request.</summary>
    /// <exception cref="ProtocolViolationException">The peer sent back another number of bytes than it was asked for.</exception>
    public static async ValueTask<PerfResult> MeasureAsync(
        PeerStream stream, ulong upload, ulong download, TimeProvider time, IProgress<PerfProgress>? progress, CancellationToken token)
    {
        var start = time.GetTimestamp();

        // js reads the header from the first chunk that arrives, so it leaves in a write of its own.
        var header = new byte[PerfProtocol.HeaderBytes];
        BinaryPrimitives.WriteUInt64BigEndian(header, download);
        await stream.WriteAsync(header, token).ConfigureAwait(false);
        await SendAsync(stream, upload, progress, token).ConfigureAwait(false);
        await stream.CloseWriteAsync(token).ConfigureAwait(false);

        var first = await stream.ReadSliceAsync(token).ConfigureAwait(false);
        var uploaded = time.GetTimestamp();
        var received = (ulong)first.Length;
        first.Release();
        if (received > 0)
            received += await DrainAsync(stream, progress, token).ConfigureAwait(false);
        if (received != download)
            throw new ProtocolViolationException(PerfProtocol.Id.Value, $"the peer sent {received} bytes back where {download} were asked for.");
        return new PerfResult(upload, time.GetElapsedTime(start, uploaded), received, received == 0 ? TimeSpan.Zero : time.GetElapsedTime(uploaded));
    }

    private static async ValueTask SendAsync(PeerStream stream, ulong bytes, IProgress<PerfProgress>? progress, CancellationToken token)
    {
        while (bytes > 0)
        {
            var piece = (int)Math.Min(bytes, (ulong)Block.Length);
            await stream.WriteAsync(Block[..piece], token).ConfigureAwait(false);
            bytes -= (ulong)piece;
            progress?.Report(new PerfProgress(piece, 0));
        }
    }

    private static async ValueTask<ulong> DrainAsync(PeerStream stream, IProgress<PerfProgress>? progress, CancellationToken token)
    {
        ulong total = 0;
        while (true)
        {
            var slice = await stream.ReadSliceAsync(token).ConfigureAwait(false);
            var length = slice.Length;
            slice.Release();
            if (length == 0)
                return total;
            total += (ulong)length;
            progress?.Report(new PerfProgress(0, length));
        }
    }
}
