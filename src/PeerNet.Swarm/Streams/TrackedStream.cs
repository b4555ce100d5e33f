using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Resources;
using PeerNet.Core.Time;

namespace PeerNet.Swarm.Streams;

/// <summary>
/// One open stream of a connection: it holds the stream's resource scope until the stream has ended, and for an inbound one until its
/// handler has returned too, whichever is later. A peer that opens and resets in a loop thus pays for the handlers it leaves behind.
/// </summary>
internal sealed class TrackedStream : IThreadPoolWorkItem
{
    private readonly Action _onClosed;
    private readonly IStreamScope _scope;
    private PeerStream? _peerStream;
    private PeerState? _countedAt;
    private HandlerRegistration? _handler;
    private long _finishedAt = Instant.MaxValue.Ticks;
    private int _holds;

    public TrackedStream(PeerConnection connection, MuxedStream stream, IStreamScope scope, Instant openedAt)
    {
        Connection = connection;
        Stream = stream;
        OpenedAt = openedAt;
        LastActivity = openedAt;
        _scope = scope;
        _holds = stream.Direction == Direction.Inbound ? 2 : 1;
        _onClosed = Release;
    }

    public PeerConnection Connection { get; }

    public MuxedStream Stream { get; }

    public Instant OpenedAt { get; }

    public ProtocolId? Protocol => _peerStream?.Protocol;

    public HandlerRegistration? Handler => _handler;

    /// <summary>When bytes were last seen to have moved; kept by the sweep.</summary>
    public Instant LastActivity { get; set; }

    /// <summary>Bytes moved when the sweep last looked.</summary>
    public long LastBytes { get; set; }

    /// <summary>Bytes moved so far.</summary>
    public long Bytes => _peerStream is { } stream ? stream.BytesReceived + stream.BytesSent : 0;

    /// <summary>When this node was seen to be done with the stream; <see cref="Instant.MaxValue"/> while it is in use.</summary>
    public Instant FinishedAt => new(Interlocked.Read(ref _finishedAt));

    // Neighbours in the connection's list.
    public TrackedStream? Next { get; set; }

    public TrackedStream? Previous { get; set; }

    /// <summary>Starts to wait for the stream's end. From here on resetting the stream is enough to give everything back.</summary>
    public void Attach()
    {
        Stream.Scope = _scope;
        Connection.Streams.Add(this);
        Connection.Context.Metrics.StreamOpened(Stream.Direction);
        Stream.Closed.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onClosed);
    }

    public bool TrySetProtocol(ProtocolId protocol, out ResourceRefusal refusal) => _scope.TrySetProtocol(protocol, out refusal);

    public void Negotiated(PeerStream stream) => _peerStream = stream;

    /// <summary>Counts the stream to its handler's limit for the peer.</summary>
    public bool TryCount(PeerState peer, HandlerRegistration handler)
    {
        if (!peer.TryCountInbound(handler))
            return false;
        (_countedAt, _handler) = (peer, handler);
        return true;
    }

    /// <summary>The handler has returned.</summary>
    public void HandlerEnded(Instant now)
    {
        Finished(now);
        Release();
    }

    /// <summary>Notes that the application is done with a stream that it opened.</summary>
    public void NoteDisposed(Instant now)
    {
        if (_peerStream is { IsDisposed: true })
            Finished(now);
    }

    /// <summary>Serves an inbound stream on a pool thread of its own.</summary>
    void IThreadPoolWorkItem.Execute() => Connection.Dispatcher.Serve(this);

    public StreamView Read(Instant now) => new(
        Stream.Id,
        Protocol,
        Stream.Direction,
        now - OpenedAt,
        _peerStream?.BytesReceived ?? 0,
        _peerStream?.BytesSent ?? 0);

    private void Finished(Instant now) => Interlocked.CompareExchange(ref _finishedAt, now.Ticks, Instant.MaxValue.Ticks);

    private void Release()
    {
        if (Interlocked.Decrement(ref _holds) != 0)
            return;
        Connection.Streams.Remove(this);
        Connection.Context.Metrics.StreamClosed(Stream.Direction);
        _scope.Dispose();
        if (_countedAt is not null && _handler is not null)
            _countedAt.UncountInbound(_handler);
    }
}
