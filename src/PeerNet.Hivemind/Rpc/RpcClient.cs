using System.Runtime.CompilerServices;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Core.Wire;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Hivemind.Rpc;

/// <summary>
/// Calls methods of peers, in bytes. Each call has a stream of its own, which stays open in both directions until the answer has come: a
/// peer takes the end of our direction for a cancellation. Relayed connections will do. Thread-safe.
/// </summary>
public sealed class RpcClient
{
    private static readonly StreamOptions AnyConnection = new() { AllowLimited = true };

    private readonly SwarmHost _swarm;
    private readonly RpcOptions _options;

    /// <summary>Makes a client over a swarm, which stays the caller's.</summary>
    public RpcClient(SwarmHost swarm, RpcOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
        _options = options ?? RpcOptions.Default;
    }

    /// <summary>The same client without a limit between answers: for callers that bound each of their waits themselves.</summary>
    internal RpcClient WithoutIdleTimeout() => new(_swarm, _options with { StreamIdleTimeout = Timeout.InfiniteTimeSpan });

    /// <summary>Calls a unary method.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="method">What; see <see cref="RpcProtocol.NameOf"/>.</param>
    /// <param name="request">The request's bytes.</param>
    /// <param name="timeout">The longest that it may take in all; null takes <see cref="RpcOptions.CallTimeout"/>.</param>
    /// <param name="token">Cancels the call, at the peer too.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<ReadOnlyMemory<byte>> CallAsync(
        PeerId peer, ProtocolId method, ReadOnlyMemory<byte> request, TimeSpan? timeout = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        var start = _swarm.Time.GetTimestamp();
        try
        {
            var answer = await CallOnceAsync(peer, method, request, timeout, token).ConfigureAwait(false);
            HivemindMetrics.Made("unary", "answered", _swarm.Time.GetElapsedTime(start));
            _options.Traced?.Invoke(new UnaryTrace(false, peer, method, request, answer, null));
            return answer;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException)
        {
            HivemindMetrics.Made("unary", (error as RpcException)?.Reason.ToString() ?? "Cancelled", _swarm.Time.GetElapsedTime(start));
            _options.Traced?.Invoke(new UnaryTrace(false, peer, method, request, null, error.Message));
            throw;
        }
    }

    private async Task<ReadOnlyMemory<byte>> CallOnceAsync(PeerId peer, ProtocolId method, ReadOnlyMemory<byte> request, TimeSpan? timeout, CancellationToken token)
    {
        var id = RpcCallId.Create();
        var envelope = UnaryCodec.EncodeRequest(id, peer.Bytes.Span, method.Value, request);
        if (envelope.Length > RpcProtocol.MaxEnvelopeBytes)
            throw new RpcException(RpcFailure.TooLarge, $"The request to {method} has {envelope.Length} bytes, above the limit of {RpcProtocol.MaxEnvelopeBytes}.");
        using var deadline = _swarm.Time.CreateDeadline(timeout ?? _options.CallTimeout, token);
        try
        {
            var stream = await _swarm.OpenStreamAsync(peer, method, AnyConnection, deadline.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
                return await ExchangeAsync(stream, id, envelope, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new RpcException(RpcFailure.TimedOut, $"Peer {peer} did not answer {method} in time.");
        }
        catch (Exception error) when (error is not (RpcException or OperationCanceledException) && IsOfPeer(error))
        {
            throw ToRpcException(peer, method, error);
        }
    }

    /// <summary>
    /// Calls a method with a stream of requests, a stream of answers, or both. The answers end when the peer has closed the stream between
    /// two of them. The protocol has no sign of success: a peer that gives up looks like one that is done, so count where a count is expected.
    /// </summary>
    /// <exception cref="RpcException">The call failed, at once or while the answers are read.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> CallStreamAsync(
        PeerId peer, ProtocolId method, IAsyncEnumerable<ReadOnlyMemory<byte>> requests, [EnumeratorCancellation] CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(requests);
        var stream = await OpenForStreamAsync(peer, method, token).ConfigureAwait(false);
        await using var held = stream.ConfigureAwait(false);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token);
        var sending = SendAsync(stream, requests, ending.Token);
        try
        {
            var reader = new StreamFrameReader(stream, _options.MaxStreamMessageBytes);
            while (await NextAsync(reader, sending, peer, method, token).ConfigureAwait(false) is { } message)
                yield return message;
        }
        finally
        {
            // Leaving early is a cancellation: the peer sees the end of both directions.
            await ending.CancelAsync().ConfigureAwait(false);
            stream.Reset();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The requests of a call that has only one.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> One(ReadOnlyMemory<byte> request)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield return request;
    }

    private static async Task<ReadOnlyMemory<byte>> ExchangeAsync(PeerStream stream, RpcCallId id, byte[] envelope, CancellationToken token)
    {
        using var reader = new FrameReader(stream);
        var answered = false;
        try
        {
            // A peer that refuses a long request closes its side and reads no more: its end must be seen while the request still waits for room.
            using var writing = CancellationTokenSource.CreateLinkedTokenSource(token);
            var write = FrameWriter.SendAsync(stream, envelope, writing.Token).AsTask();
            var read = reader.ReadAsync(RpcProtocol.MaxEnvelopeBytes, token).AsTask();
            if (await Task.WhenAny(write, read).ConfigureAwait(false) == write && write.IsFaulted)
                stream.Reset();
            Frame frame;
            try
            {
                frame = await read.ConfigureAwait(false);
            }
            finally
            {
                await writing.CancelAsync().ConfigureAwait(false);
                await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            var answer = Open(frame, id, stream.Protocol);
            answered = true;
            return answer;
        }
        finally
        {
            if (!answered)
                stream.Reset();
        }
    }

    private static ReadOnlyMemory<byte> Open(Frame frame, RpcCallId id, ProtocolId method)
    {
        if (frame.IsEnd)
            throw new RpcException(RpcFailure.NoAnswer, $"The peer ended the call of {method} without an answer.");
        if (!frame.IsMessage)
        {
            var reason = frame.Status == FrameStatus.TooLong ? RpcFailure.TooLarge : RpcFailure.Malformed;
            throw new RpcException(reason, $"In answer to {method} the peer {frame.Describe()}.");
        }

        if (!UnaryCodec.TryDecodeResult(frame.Message.Span, out var result) || result.CallId != id)
            throw new RpcException(RpcFailure.Malformed, $"What came is no answer to this call of {method}.");
        if (result.Error is { } error)
            throw new RpcException(RpcFailure.Remote, $"The peer's {method} failed: {error}");
        return result.Response;
    }

    private async ValueTask<PeerStream> OpenForStreamAsync(PeerId peer, ProtocolId method, CancellationToken token)
    {
        using var deadline = _swarm.Time.CreateDeadline(_options.CallTimeout, token);
        try
        {
            // Waiting for the peer's consent tells a missing method from an empty stream of answers.
            return await _swarm.OpenStreamAsync(peer, method, AnyConnection with { AllowLazyNegotiation = false }, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new RpcException(RpcFailure.TimedOut, $"Peer {peer} was not reached for {method} in time.");
        }
        catch (Exception error) when (error is not OperationCanceledException && IsOfPeer(error))
        {
            throw ToRpcException(peer, method, error);
        }
    }

    private static async Task SendAsync(PeerStream stream, IAsyncEnumerable<ReadOnlyMemory<byte>> requests, CancellationToken token)
    {
        await foreach (var request in requests.WithCancellation(token).ConfigureAwait(false))
            await stream.WriteAsync(StreamFrameCodec.EncodeMessage(request.Span), token).ConfigureAwait(false);
        await stream.WriteAsync(StreamFrameCodec.EndOfRequests, token).ConfigureAwait(false);
    }

    private async ValueTask<ReadOnlyMemory<byte>?> NextAsync(StreamFrameReader reader, Task sending, PeerId peer, ProtocolId method, CancellationToken token)
    {
        using var deadline = _swarm.Time.CreateDeadline(_options.StreamIdleTimeout, token);
        StreamFrame frame;
        try
        {
            var read = reader.ReadAsync(deadline.Token).AsTask();
            if (!read.IsCompleted && !sending.IsCompleted)
                await Task.WhenAny(read, sending).ConfigureAwait(false);

            // The caller's own requests failed: there is nothing to wait for. What the network did to them shows at the reading side.
            if (!read.IsCompleted && sending.IsFaulted && !IsOfPeer(sending.Exception.InnerException!))
            {
                await deadline.CancelAsync().ConfigureAwait(false);
                await ((Task)read).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await sending.ConfigureAwait(false);
            }

            frame = await read.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested && deadline.IsCancellationRequested)
        {
            throw new RpcException(RpcFailure.TimedOut, $"Peer {peer} sent no answer to {method} for {_options.StreamIdleTimeout}.");
        }
        catch (Exception error) when (error is not OperationCanceledException && IsOfPeer(error))
        {
            throw ToRpcException(peer, method, error);
        }

        return frame.Kind switch
        {
            StreamFrameKind.Message => (ReadOnlyMemory<byte>?)frame.Payload,
            StreamFrameKind.Closed => default(ReadOnlyMemory<byte>?),
            StreamFrameKind.ErrorOrEnd => throw new RpcException(RpcFailure.Remote, $"The peer's {method} failed: {StreamFrameCodec.DecodeError(frame.Payload.Span)}"),
            StreamFrameKind.TooLarge => throw new RpcException(RpcFailure.TooLarge, $"An answer to {method} is longer than {_options.MaxStreamMessageBytes} bytes."),
            _ => throw new RpcException(RpcFailure.Malformed, $"The answers to {method} end inside a frame, or are none."),
        };
    }

    private static bool IsOfPeer(Exception error) => error is PeerNetException or IOException;

    private static RpcException ToRpcException(PeerId peer, ProtocolId method, Exception error)
    {
        var reason = error is StreamResetException or ConnectionClosedException or IOException ? RpcFailure.NoAnswer : RpcFailure.Unreachable;
        return new RpcException(reason, $"Peer {peer} did not answer {method}: {error.Message}", error);
    }
}
