using System.Diagnostics.CodeAnalysis;
using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;
using PeerNet.Identity;
using PeerNet.Swarm.Streams;

namespace PeerNet.Swarm;

/// <summary>
/// An open connection to a peer: the last rung of the ladder raw, secure, multiplexed, peer. The peer is authenticated and admitted. The
/// swarm owns it; there may be several to one peer. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle: it is cancelled when the connection ends, which leaves nothing to dispose of.")]
public sealed class PeerConnection
{
    private readonly StreamOpener _opener;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _identified = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PeerConnection(SwarmContext context, MuxedConnection muxed, long number, PeerState state, StreamDispatcher dispatcher, StreamOpener opener)
    {
        Context = context;
        Muxed = muxed;
        Number = number;
        State = state;
        Dispatcher = dispatcher;
        _opener = opener;
        Ending = _ending.Token;
        OpenedAt = context.Time.GetUtcNow();
        OpenedInstant = context.Time.GetInstant();
        Negotiating = new SemaphoreSlim(context.Options.Streams.MaxNegotiatingPerConnection);
        IsSupported = protocol => dispatcher.Find(this, protocol) is not null;
        Id = $"c{number}";
    }

    /// <summary>A short name, unique in this node's life, for people and logs.</summary>
    public string Id { get; }

    /// <summary>The two ends, and how the connection was made.</summary>
    public ConnectionDescription Description => Muxed.Description;

    /// <summary>The peer.</summary>
    public PeerId Peer => State.Peer;

    /// <summary>Who opened it.</summary>
    public Direction Direction => Description.Direction;

    /// <summary>When it was opened.</summary>
    public DateTimeOffset OpenedAt { get; }

    /// <summary>Whether it runs through a relay with limits: protocols must ask to run on it.</summary>
    public bool IsLimited => Description.IsLimited;

    /// <summary>The round-trip time last measured below the streams; null before the first.</summary>
    public TimeSpan? RoundTripTime => Muxed.RoundTripTime;

    /// <summary>Bytes moved, with all framing.</summary>
    public ConnectionTraffic Traffic => Muxed.Traffic;

    /// <summary>Open streams.</summary>
    public int StreamCount => Streams.Count;

    /// <summary>Whether it has ended.</summary>
    public bool IsClosed => Muxed.Closed.IsCompleted;

    /// <summary>Completes when the connection has ended, with how; it never faults.</summary>
    public Task<ConnectionClosedException> Closed => Muxed.Closed;

    /// <summary>Completes when the peer has told what it is, or when the connection has ended; it never faults.</summary>
    public Task Identified => _identified.Task;

    internal SwarmContext Context { get; }

    internal MuxedConnection Muxed { get; }

    internal long Number { get; }

    internal PeerState State { get; }

    internal StreamDispatcher Dispatcher { get; }

    internal StreamList Streams { get; } = new();

    internal SemaphoreSlim Negotiating { get; }

    /// <summary>Whether an inbound stream of this connection may speak a protocol; made once, asked for every stream.</summary>
    internal Func<ProtocolId, bool> IsSupported { get; }

    internal Instant OpenedInstant { get; }

    /// <summary>Completes when the connection has ended and the swarm has let go of it.</summary>
    internal Task Watch { get; set; } = Task.CompletedTask;

    /// <summary>Cancelled when the connection has ended.</summary>
    internal CancellationToken Ending { get; }

    /// <summary>The open streams, for display.</summary>
    public IReadOnlyList<StreamView> GetStreams() => Streams.Read(Context.Time.GetInstant());

    /// <summary>Opens a stream on this very connection; see <see cref="SwarmHost.OpenStreamAsync(PeerId, ProtocolId, StreamOptions?, CancellationToken)"/>.</summary>
    public ValueTask<PeerStream> OpenStreamAsync(ProtocolId protocol, StreamOptions? options = null, CancellationToken token = default)
        => _opener.OpenAsync(this, protocol, null, options ?? StreamOptions.Default, token);

    /// <summary>Opens a stream that speaks the first of several protocols that the peer serves.</summary>
    public ValueTask<PeerStream> OpenStreamAsync(IReadOnlyList<ProtocolId> protocols, StreamOptions? options = null, CancellationToken token = default)
        => _opener.OpenAsync(this, default, protocols, options ?? StreamOptions.Default, token);

    /// <summary>Lets what was written go out, then ends the connection; open streams are reset.</summary>
    /// <param name="code">Told to the peer where the multiplexer can; see <see cref="ErrorCodes"/>.</param>
    /// <param name="token">Cancelling ends the connection at once.</param>
    public ValueTask CloseAsync(uint code = ErrorCodes.None, CancellationToken token = default) => Muxed.CloseAsync(code, token);

    /// <summary>Ends the connection at once.</summary>
    /// <param name="code">Told to the peer where the multiplexer can; see <see cref="ErrorCodes"/>.</param>
    public void Abort(uint code = ErrorCodes.None) => Muxed.Abort(code);

    /// <inheritdoc />
    public override string ToString() => $"{Id} {(Direction == Direction.Inbound ? "from" : "to")} {Peer} at {Description.RemoteAddress}";

    internal void OnIdentified() => _identified.TrySetResult();

    /// <summary>The connection has ended: handlers are told, waiters let go. What they do on hearing it is theirs to answer for.</summary>
    internal async Task OnClosedAsync()
    {
        _identified.TrySetResult();
        try
        {
            await _ending.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException error)
        {
            SwarmLog.TellingHandlersFailed(Context.Log, error, Id);
        }
    }
}
