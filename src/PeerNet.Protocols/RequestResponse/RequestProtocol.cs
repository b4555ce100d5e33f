using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>
/// A protocol of an application's own in which one peer asks and the other answers: one stream for each request, sizes, deadlines and
/// concurrency bounded at both ends. Thread-safe. Disposing stops serving; requests under way go on. The swarm is not disposed.
/// </summary>
public sealed class RequestProtocol : IDisposable
{
    private readonly SwarmHost _swarm;
    private readonly RequestOptions _options;
    private readonly SemaphoreSlim _outbound;
    private IDisposable? _registration;
    private int _served;

    /// <summary>Prepares a protocol; nothing is served until <see cref="Serve"/>.</summary>
    public RequestProtocol(SwarmHost swarm, ProtocolId protocol, RequestOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        ArgumentException.ThrowIfNullOrEmpty(protocol.Value, nameof(protocol));
        _swarm = swarm;
        _options = options ?? RequestOptions.Default;
        _outbound = new SemaphoreSlim(_options.MaxConcurrentRequests);
        Protocol = protocol;
    }

    /// <summary>The protocol's name.</summary>
    public ProtocolId Protocol { get; }

    /// <summary>Starts to answer requests. Disposing the result, or this, stops it.</summary>
    /// <exception cref="InvalidOperationException">Requests are being answered already.</exception>
    public IDisposable Serve(RequestHandler handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        var registration = _swarm.Handle(Protocol, (stream, token) => ServeAsync(stream, handler, token), new HandlerOptions
        {
            MaxInboundStreams = _options.MaxServedPerPeer,
            RunOnLimitedConnections = _options.AllowLimited,
            Deadline = _options.Timeout,
        });
        Interlocked.Exchange(ref _registration, registration)?.Dispose();
        return registration;
    }

    /// <summary>Sends a request to a peer and returns the response. Dials when there is no connection. Cancelling resets the stream.</summary>
    /// <exception cref="ArgumentException">The request is longer than <see cref="RequestOptions.MaxRequestBytes"/>.</exception>
    /// <exception cref="RequestException">There is no response; the reason tells why, the inner exception tells the detail.</exception>
    public async ValueTask<byte[]> SendAsync(PeerId peer, ReadOnlyMemory<byte> request, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (request.Length > _options.MaxRequestBytes)
            throw new ArgumentException($"A request has at most {_options.MaxRequestBytes} bytes, this one has {request.Length}.", nameof(request));

        var start = _swarm.Time.GetTimestamp();
        using var deadline = _swarm.Time.CreateDeadline(_options.Timeout, token);
        var outcome = "answered";
        try
        {
            await _outbound.WaitAsync(deadline.Token).ConfigureAwait(false);
            try
            {
                return await ExchangeAsync(peer, request, deadline.Token).ConfigureAwait(false);
            }
            finally
            {
                _outbound.Release();
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            outcome = "";
            throw;
        }
        catch (OperationCanceledException error)
        {
            outcome = nameof(RequestFailure.TimedOut);
            throw RequestErrors.Create(RequestFailure.TimedOut, Protocol, peer, error);
        }
        catch (Exception error) when (RequestErrors.ReasonOf(error) is { } reason)
        {
            outcome = reason.ToString();
            throw RequestErrors.Create(reason, Protocol, peer, error);
        }
        finally
        {
            if (outcome.Length > 0)
                RequestMetrics.Ended(Protocol, outcome, _swarm.Time.GetElapsedTime(start));
        }
    }

    /// <inheritdoc />
    public void Dispose() => Interlocked.Exchange(ref _registration, null)?.Dispose();

    private async ValueTask<byte[]> ExchangeAsync(PeerId peer, ReadOnlyMemory<byte> request, CancellationToken token)
    {
        // js never sees the end of a stream whose lazy negotiation, data and end come in one flight.
        var options = new StreamOptions
        {
            AllowLimited = _options.AllowLimited,
            AllowLazyNegotiation = _options.Framing == MessageFraming.LengthPrefixed,
        };
        var stream = await _swarm.OpenStreamAsync(peer, Protocol, options, token).ConfigureAwait(false);
        try
        {
            var response = await RequestExchange.SendAsync(stream, request, _options, token).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return response;
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private async ValueTask ServeAsync(PeerStream stream, RequestHandler handler, CancellationToken token)
    {
        if (Interlocked.Increment(ref _served) > _options.MaxServed)
        {
            Interlocked.Decrement(ref _served);
            RequestMetrics.Served(Protocol, "limit");
            stream.Reset(ErrorCodes.StreamResourceLimit);
            return;
        }

        try
        {
            await RequestExchange.RespondAsync(stream, handler, _options, token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _served);
        }
    }
}
