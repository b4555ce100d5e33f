using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Ping;

/// <summary>
/// Answers pings, and measures the round-trip time to peers. Thread-safe. Disposing stops answering; the swarm is not disposed.
/// </summary>
public sealed class PingService : IDisposable
{
    private readonly SwarmHost _swarm;
    private readonly PingOptions _options;
    private readonly PingQueue _queue = new();
    private readonly IDisposable _registration;

    /// <summary>Starts to answer.</summary>
    public PingService(SwarmHost swarm, PingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
        _options = options ?? PingOptions.Default;
        _registration = swarm.Handle(PingProtocol.Id, PingExchange.RespondAsync, new HandlerOptions
        {
            MaxInboundStreams = PingProtocol.MaxInboundStreams,
            RunOnLimitedConnections = true,
            IdleTimeout = _options.InboundIdleTimeout,
        });
    }

    /// <summary>
    /// Measures the round-trip time to a peer, over a stream of its own: one stream for many pings is answered up to 15 seconds late by rust over
    /// QUIC. The stream is negotiated before the clock starts. Pings of one peer run one after another. Dials when there is no connection.
    /// </summary>
    /// <exception cref="TimeoutException">No answer within <see cref="PingOptions.Timeout"/>.</exception>
    /// <exception cref="NegotiationException">The peer does not answer pings.</exception>
    /// <exception cref="DialException">The peer could not be reached.</exception>
    /// <exception cref="PeerNetException">The peer answered with other bytes, or the stream or its connection ended.</exception>
    public async ValueTask<TimeSpan> PingAsync(PeerId peer, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        using var deadline = _swarm.Time.CreateDeadline(_options.Timeout, token);
        try
        {
            using var turn = await _queue.EnterAsync(peer, deadline.Token).ConfigureAwait(false);
            var roundTrip = await MeasureAsync(peer, deadline.Token).ConfigureAwait(false);
            PingMetrics.Measured(roundTrip);
            return roundTrip;
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            PingMetrics.Failed("timeout");
            throw new TimeoutException($"Peer {peer} did not answer a ping within {_options.Timeout}.");
        }
        catch (PeerNetException)
        {
            PingMetrics.Failed("error");
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _registration.Dispose();

    private async ValueTask<TimeSpan> MeasureAsync(PeerId peer, CancellationToken token)
    {
        var options = new StreamOptions { AllowLimited = true, AllowLazyNegotiation = false };
        var stream = await _swarm.OpenStreamAsync(peer, PingProtocol.Id, options, token).ConfigureAwait(false);
        try
        {
            var roundTrip = await PingExchange.PingAsync(stream, _swarm.Time, token).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return roundTrip;
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }
}
