using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet.Protocols.Identify;

/// <summary>
/// Tells peers what this node is, and asks them: every new connection in both directions, pushes when something changes. What peers tell goes
/// into the swarm's peer store and events. Thread-safe. Disposing ends it in good order; the swarm is not disposed.
/// </summary>
public sealed class IdentifyService : IAsyncDisposable
{
    private readonly SwarmHost _swarm;
    private readonly CancellationTokenSource _stopping = new();
    private readonly IdentifyRequester _requester;
    private readonly IdentifyPusher _pusher;
    private readonly IDisposable[] _registrations;
    private readonly Task _running;
    private int _disposed;

    /// <summary>Starts to answer, to ask and to push.</summary>
    public IdentifyService(SwarmHost swarm, IdentifyOptions? options = null, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(swarm);
        var set = options ?? IdentifyOptions.Default;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(set.AgentVersion.Length, IdentifyProtocol.MaxVersionLength, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(set.ProtocolVersion.Length, IdentifyProtocol.MaxVersionLength, nameof(options));
        _swarm = swarm;
        var log = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger("PeerNet.Identify");
        var composer = new IdentifyComposer(swarm, set);
        var consumer = new IdentifyConsumer(swarm);
        _requester = new IdentifyRequester(swarm, set, consumer, log, _stopping.Token);
        _pusher = new IdentifyPusher(swarm, set, composer, _requester, log);
        var responder = new IdentifyResponder(swarm, set, composer, consumer, _requester, _pusher);

        // Subscribed before the first look at the connections: one that opens in between is seen twice, not missed.
        var events = swarm.SubscribeAsync(_stopping.Token);
        var handling = new HandlerOptions { MaxInboundStreams = set.MaxInboundStreams, RunOnLimitedConnections = true, Deadline = set.Timeout };
        _registrations =
        [
            swarm.Handle(IdentifyProtocol.Identify, responder.AnswerAsync, handling),
            swarm.Handle(IdentifyProtocol.Push, responder.TakePushAsync, handling),
        ];
        _running = Task.WhenAll(FollowAsync(events), _pusher.RunAsync(_stopping.Token));
    }

    /// <summary>
    /// Waits until a connected peer has told what it is, or the first attempt at asking it has ended without. Protocols that depend on what a
    /// peer speaks wait here; others need not.
    /// </summary>
    /// <returns>Whether the peer has told what it is; false also when it is not connected.</returns>
    public async ValueTask<bool> WaitIdentifiedAsync(PeerId peer, CancellationToken token = default)
    {
        var waits = new List<Task<bool>>();
        foreach (var connection in _swarm.GetConnections(peer))
            waits.Add(WaitIdentifiedAsync(connection, token).AsTask());
        while (waits.Count > 0)
        {
            var ended = await Task.WhenAny(waits).ConfigureAwait(false);
            if (await ended.ConfigureAwait(false))
                return true;
            waits.Remove(ended);
        }

        return false;
    }

    /// <summary>Waits for one connection; see <see cref="WaitIdentifiedAsync(PeerId, CancellationToken)"/>.</summary>
    public async ValueTask<bool> WaitIdentifiedAsync(PeerConnection connection, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _requester.Start(connection);
        return await _requester.StateOf(connection).Outcome.WaitAsync(token).ConfigureAwait(false);
    }

    /// <summary>Asks a peer anew, connecting first when need be.</summary>
    /// <exception cref="DialException">The peer could not be reached.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="IdentifyOptions.Timeout"/>.</exception>
    /// <exception cref="NegotiationException">The peer does not speak identify.</exception>
    /// <exception cref="ProtocolViolationException">The peer's message is unusable.</exception>
    /// <exception cref="PeerNetException">The stream or its connection ended.</exception>
    public async ValueTask<PeerIdentity> IdentifyAsync(PeerId peer, CancellationToken token = default)
    {
        var connection = await _swarm.ConnectAsync(peer, null, token).ConfigureAwait(false);
        return await _requester.AskAsync(connection, token).ConfigureAwait(false);
    }

    /// <summary>Tells every connected peer that takes pushes what this node is, whether something has changed or not.</summary>
    /// <returns>Pushes that went out.</returns>
    public async ValueTask<int> PushAsync(CancellationToken token = default) => await _pusher.PushToAllAsync(force: true, token).ConfigureAwait(false);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var registration in _registrations)
            registration.Dispose();
        await _running.ConfigureAwait(false);
        await _requester.DisposeAsync().ConfigureAwait(false);
        _pusher.Dispose();
        _stopping.Dispose();
    }

    private async Task FollowAsync(IAsyncEnumerable<SwarmEvent> events)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        AskAll();
        try
        {
            await foreach (var happened in events.ConfigureAwait(false))
                Follow(happened);
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private void Follow(SwarmEvent happened)
    {
        switch (happened)
        {
            case ConnectionOpened opened:
                _requester.Start(opened.Connection);
                break;
            case ListenAddressesChanged or ProtocolsChanged:
                _pusher.Changed();
                break;
            case EventsMissed:
                AskAll();
                _pusher.Changed();
                break;
            default:
                break;
        }
    }

    private void AskAll()
    {
        foreach (var connection in _swarm.Connections)
            _requester.Start(connection);
    }
}
