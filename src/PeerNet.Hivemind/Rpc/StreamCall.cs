using System.Runtime.CompilerServices;
using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;

namespace PeerNet.Hivemind.Rpc;

/// <summary>One stream call that this node serves: requests are read a few ahead of the handler, and the caller is watched meanwhile.</summary>
internal sealed class StreamCall(PeerStream stream, StreamCallHandler handler, RpcOptions options, TimeProvider time)
{
    private readonly Channel<ReadOnlyMemory<byte>> _requests = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(RpcProtocol.MaxPrefetchedRequests) { SingleReader = true, SingleWriter = true });

    public async ValueTask RunAsync(CancellationToken token)
    {
        using var running = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(token);
        var pump = PumpAsync(running, reading.Token);
        string? failure = null;
        try
        {
            var context = new RpcContext(stream.Peer, stream.Protocol);
            await foreach (var answer in handler(context, RequestsAsync(running.Token), running.Token).WithCancellation(running.Token).ConfigureAwait(false))
                await stream.WriteAsync(StreamFrameCodec.EncodeMessage(answer.Span), running.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Whatever a handler fails with, the caller is told in place of further answers.
            failure = RpcText.ForPeer(error);
        }
        finally
        {
            await reading.CancelAsync().ConfigureAwait(false);
        }

        var isGone = await pump.ConfigureAwait(false);
        HivemindMetrics.Served("stream", isGone ? "cancelled" : failure is null ? "answered" : "failed");
        if (isGone)
            stream.Reset();
        else if (failure is not null)
            await stream.WriteAsync(StreamFrameCodec.EncodeError(failure), token).ConfigureAwait(false);
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> RequestsAsync([EnumeratorCancellation] CancellationToken token)
    {
        await foreach (var request in _requests.Reader.ReadAllAsync(token).ConfigureAwait(false))
            yield return request;
    }

    /// <summary>Reads until the caller is gone or the call is over.</summary>
    /// <returns>Whether the caller is gone, or broke the framing.</returns>
    private async Task<bool> PumpAsync(CancellationTokenSource running, CancellationToken token)
    {
        try
        {
            var reader = new StreamFrameReader(stream, options.MaxStreamMessageBytes);
            while (true)
            {
                using var arrival = time.CreateDeadline(options.StreamIdleTimeout, token);
                var frame = await reader.ReadAsync(arrival.Token).ConfigureAwait(false);
                if (frame.Kind == StreamFrameKind.ErrorOrEnd)
                {
                    _requests.Writer.Complete();
                    return await CallerWatch.RunAsync(stream, running, token).ConfigureAwait(false);
                }

                if (frame.Kind != StreamFrameKind.Message)
                    break;
                await _requests.Writer.WriteAsync(frame.Payload, token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception error) when (error is PeerNetException or IOException or OperationCanceledException)
        {
            // A reset, a lost connection, or a caller that fell silent: gone.
        }

        await running.CancelAsync().ConfigureAwait(false);
        return true;
    }
}
