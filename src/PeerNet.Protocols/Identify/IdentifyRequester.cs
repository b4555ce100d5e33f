using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using PeerNet.Core.Errors;
using PeerNet.Core.Time;
using PeerNet.Swarm;
using PeerNet.Swarm.Events;

namespace PeerNet.Protocols.Identify;

/// <summary>Asks peers what they are: once for each connection, again after a failure, and when somebody wants to know. Thread-safe.</summary>
internal sealed class IdentifyRequester(SwarmHost swarm, IdentifyOptions options, IdentifyConsumer consumer, ILogger log, CancellationToken stopping)
    : IAsyncDisposable
{
    // Implementation limits: asking thrice bridges a busy moment; asking anew after incomplete pushes must not become a loop between two nodes.
    private const int Attempts = 3;
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _places = new(options.MaxConcurrentRequests);
    private readonly ConditionalWeakTable<PeerConnection, IdentifyState> _states = [];

    /// <summary>Called when a peer was identified.</summary>
    public event Action<PeerConnection>? Identified;

    /// <summary>The state of a connection.</summary>
    public IdentifyState StateOf(PeerConnection connection) => _states.GetValue(connection, static _ => new IdentifyState());

    /// <summary>Asks the peer at the other end of a new connection, in the background. Further calls for the same connection do nothing.</summary>
    public void Start(PeerConnection connection)
    {
        var state = StateOf(connection);
        if (state.TryStart())
            _ = RunAsync(connection, state);
    }

    /// <summary>Asks again, in the background, because a push was incomplete.</summary>
    public void Refresh(PeerConnection connection)
    {
        if (StateOf(connection).TryRefresh(swarm.Time.GetInstant(), RefreshInterval))
            _ = TryAskAsync(connection);
    }

    /// <summary>Asks now.</summary>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    /// <exception cref="PeerNetException">The peer does not answer, or its answer is unusable, or the connection ended.</exception>
    public async ValueTask<PeerIdentity> AskAsync(PeerConnection connection, CancellationToken token)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(token, stopping);
        await _places.WaitAsync(ending.Token).ConfigureAwait(false);
        var start = swarm.Time.GetTimestamp();
        var outcome = "failed";
        try
        {
            using var deadline = swarm.Time.CreateDeadline(options.Timeout, ending.Token);
            var identity = await ExchangeAsync(connection, deadline.Token).ConfigureAwait(false);
            outcome = "identified";
            return identity;
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            outcome = "timeout";
            throw new TimeoutException($"Peer {connection.Peer} did not tell what it is within {options.Timeout}.");
        }
        catch (NegotiationException error) when (error.Reason == NegotiationFailure.Unsupported)
        {
            outcome = "unsupported";
            throw;
        }
        finally
        {
            _places.Release();
            IdentifyMetrics.Asked(outcome, swarm.Time.GetElapsedTime(start));
        }
    }

    /// <summary>Waits until nobody is asked any more. To be called when the token that ends the service is cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        for (var i = 0; i < options.MaxConcurrentRequests; i++)
            await _places.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        _places.Dispose();
    }

    private async Task RunAsync(PeerConnection connection, IdentifyState state)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var answer = await TryAskAsync(connection).ConfigureAwait(false);
            state.Ended(answer == Answer.Identified);
            if (answer != Answer.Later || attempt == Attempts)
                return;
            await Task.WhenAny(connection.Closed, Task.Delay(options.RetryDelay, swarm.Time, stopping)).ConfigureAwait(false);
            if (connection.IsClosed || stopping.IsCancellationRequested)
                return;
        }
    }

    private async Task<Answer> TryAskAsync(PeerConnection connection)
    {
        try
        {
            await AskAsync(connection, CancellationToken.None).ConfigureAwait(false);
            return Answer.Identified;
        }
        catch (Exception error) when (error is PeerNetException or TimeoutException or OperationCanceledException or IOException)
        {
            IdentifyLog.Failed(log, connection.Peer, error.Message);
            var isFinal = error is NegotiationException { Reason: NegotiationFailure.Unsupported } || connection.IsClosed || stopping.IsCancellationRequested;
            return isFinal ? Answer.Never : Answer.Later;
        }
        catch (Exception error)
        {
            // The one place where a fault of ours ends: the connection is of use without it.
            IdentifyLog.Faulted(log, error, connection.Peer);
            return Answer.Never;
        }
    }

    private async ValueTask<PeerIdentity> ExchangeAsync(PeerConnection connection, CancellationToken token)
    {
        // Nothing is sent here, so a lazily sent proposal would have nothing to ride on.
        var streamOptions = new StreamOptions { AllowLimited = true, AllowLazyNegotiation = false, Timeout = options.Timeout };
        var stream = await connection.OpenStreamAsync(IdentifyProtocol.Identify, streamOptions, token).ConfigureAwait(false);
        try
        {
            var (info, fault) = await IdentifyReader.ReadAsync(stream, connection.Peer, keyRequired: true, token).ConfigureAwait(false);
            if (!fault.IsNone)
            {
                swarm.ReportMisbehaviour(connection.Peer, new Misbehaviour(IdentifyProtocol.Identify.Value, fault.Word, fault.ToString()));
                throw new ProtocolViolationException(IdentifyProtocol.Identify.Value, $"{fault}.");
            }

            await stream.DisposeAsync().ConfigureAwait(false);
            var identity = consumer.Consume(connection, info);
            Identified?.Invoke(connection);
            return identity;
        }
        catch
        {
            stream.Reset();
            throw;
        }
    }

    private enum Answer
    {
        /// <summary>The peer told what it is.</summary>
        Identified,

        /// <summary>It failed, and may work another time.</summary>
        Later,

        /// <summary>The peer does not speak identify, or the connection is gone.</summary>
        Never,
    }
}
