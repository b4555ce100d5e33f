using Microsoft.Extensions.Logging;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Swarm;

namespace PeerNet.Protocols.Identify;

/// <summary>
/// Tells connected peers that this node's addresses or protocols have changed. Changes are numbered: a peer that was told the latest number,
/// by a push or because it asked, is left alone. Changes within a short time are one. Thread-safe.
/// </summary>
internal sealed class IdentifyPusher : IDisposable
{
    private readonly SwarmHost _swarm;
    private readonly IdentifyOptions _options;
    private readonly IdentifyComposer _composer;
    private readonly IdentifyRequester _requester;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private long _revision = 1;

    public IdentifyPusher(SwarmHost swarm, IdentifyOptions options, IdentifyComposer composer, IdentifyRequester requester, ILogger log)
    {
        _swarm = swarm;
        _options = options;
        _composer = composer;
        _requester = requester;
        _log = log;
        requester.Identified += connection =>
        {
            // It asked before the change and could not be told while it was not known to take pushes.
            if (requester.StateOf(connection).ToldRevision is > 0 and var told && told < Revision)
                Wake();
        };
    }

    /// <summary>Number of the latest change.</summary>
    public long Revision => Interlocked.Read(ref _revision);

    /// <summary>Something has changed: whoever was not told since is told soon.</summary>
    public void Changed()
    {
        Interlocked.Increment(ref _revision);
        Wake();
    }

    /// <summary>Pushes until the token ends.</summary>
    public async Task RunAsync(CancellationToken token)
    {
        while (!token.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(token).ConfigureAwait(false);
                await Task.Delay(_options.PushDelay, _swarm.Time, token).ConfigureAwait(false);
                await PushToAllAsync(force: false, token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (token.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                IdentifyLog.PushFaulted(_log, error);
            }
        }
    }

    /// <summary>Pushes to every connected peer that takes pushes; unless forced, only to those that were not told the latest change.</summary>
    /// <returns>Pushes that went out.</returns>
    public async Task<int> PushToAllAsync(bool force, CancellationToken token)
    {
        var sent = 0;
        var revision = Revision;
        var targets = _swarm.Connections.Where(connection => _swarm.PeerStore.Supports(connection.Peer, IdentifyProtocol.Push)
            && (force || _requester.StateOf(connection).ToldRevision < revision));
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.MaxConcurrentPushes, CancellationToken = token };
        await Parallel.ForEachAsync(targets, parallel, async (connection, cancelled) =>
        {
            if (await TryPushAsync(connection, cancelled).ConfigureAwait(false))
                Interlocked.Increment(ref sent);
        }).ConfigureAwait(false);
        return sent;
    }

    public void Dispose() => _wake.Dispose();

    private async ValueTask<bool> TryPushAsync(PeerConnection connection, CancellationToken token)
    {
        using var deadline = _swarm.Time.CreateDeadline(_options.Timeout, token);
        try
        {
            // js never sees the end of a stream whose lazy negotiation, data and end come in one flight.
            var options = new StreamOptions { AllowLimited = true, AllowLazyNegotiation = false, Timeout = _options.Timeout };
            var stream = await connection.OpenStreamAsync(IdentifyProtocol.Push, options, deadline.Token).ConfigureAwait(false);
            try
            {
                var revision = Revision;
                await IdentifyExchange.TellAsync(stream, _composer.Compose(connection.Description), deadline.Token).ConfigureAwait(false);
                _requester.StateOf(connection).Told(revision);
                await stream.DisposeAsync().ConfigureAwait(false);
                IdentifyMetrics.PushSent("sent");
                return true;
            }
            catch
            {
                stream.Reset();
                throw;
            }
        }
        catch (Exception error) when (error is PeerNetException or OperationCanceledException or IOException && !token.IsCancellationRequested)
        {
            if (error is NegotiationException { Reason: NegotiationFailure.Unsupported })
                _swarm.PeerStore.RemoveProtocols(connection.Peer, [IdentifyProtocol.Push]);
            IdentifyMetrics.PushSent("failed");
            IdentifyLog.PushFailed(_log, connection.Peer, error.Message);
            return false;
        }
    }

    private void Wake()
    {
        try
        {
            _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // A wake-up that is not taken yet stands for this one too.
        }
        catch (ObjectDisposedException)
        {
            // The service has ended: nobody is told any more.
        }
    }
}
