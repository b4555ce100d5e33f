using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Perf;

/// <summary>
/// Measures how fast bytes move between this node and a peer, and serves others who measure where the options allow it. Thread-safe. Disposing
/// stops serving; the swarm is not disposed.
/// </summary>
public sealed class PerfService : IDisposable
{
    private readonly SwarmHost _swarm;
    private readonly IDisposable? _registration;

    /// <summary>Starts to serve, if the options say so.</summary>
    public PerfService(SwarmHost swarm, PerfOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        _swarm = swarm;
        var set = options ?? PerfOptions.Default;
        if (!set.Serve)
            return;
        _registration = swarm.Handle(
            PerfProtocol.Id,
            (stream, token) => PerfExchange.RespondAsync(stream, set.MaxServedBytes, token),
            new HandlerOptions { MaxInboundStreams = set.MaxInboundStreams, IdleTimeout = set.IdleTimeout });
    }

    /// <summary>
    /// Sends <paramref name="uploadBytes"/> to a peer and has it send <paramref name="downloadBytes"/> back. There is no deadline besides the
    /// token: only the caller knows how long it may take. Cancelling resets the stream.
    /// </summary>
    /// <exception cref="NegotiationException">The peer does not serve perf.</exception>
    /// <exception cref="DialException">The peer could not be reached.</exception>
    /// <exception cref="PeerNetException">The peer refused, sent back too much or too little, or the connection ended.</exception>
    public async ValueTask<PerfResult> MeasureAsync(
        PeerId peer, ulong uploadBytes, ulong downloadBytes, IProgress<PerfProgress>? progress = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(peer);

        // js never sees the end of a stream whose lazy negotiation, data and end come in one flight.
        var options = new StreamOptions { AllowLazyNegotiation = false };
        var stream = await _swarm.OpenStreamAsync(peer, PerfProtocol.Id, options, token).ConfigureAwait(false);
        try
        {
            var result = await PerfExchange.MeasureAsync(stream, uploadBytes, downloadBytes, _swarm.Time, progress, token).ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
            return result;
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _registration?.Dispose();
}
