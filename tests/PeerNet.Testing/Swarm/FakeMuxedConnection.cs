using System.Collections.Concurrent;
using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.Testing.Swarm;

/// <summary>One end of a multiplexed connection in memory, without frames, keys or sockets.</summary>
public sealed class FakeMuxedConnection : MuxedConnection
{
    private const int Backlog = 1024;

    private readonly Channel<FakeMuxedStream> _inbound = Channel.CreateBounded<FakeMuxedStream>(Backlog);
    private readonly ConcurrentDictionary<FakeMuxedStream, bool> _streams = [];
    private readonly TaskCompletionSource<ConnectionClosedException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakeMuxedConnection? _other;
    private long _lastId;

    public FakeMuxedConnection(ConnectionDescription description, IConnectionScope scope)
    {
        Description = description;
        Scope = scope;
    }

    public override ConnectionDescription Description { get; }

    public override IConnectionScope Scope { get; }

    public override int StreamCount => _streams.Count;

    public override TimeSpan? RoundTripTime => null;

    public override ConnectionTraffic Traffic => default;

    public override Task<ConnectionClosedException> Closed => _closed.Task;

    /// <summary>Whether the next opened streams hang until their token is cancelled.</summary>
    public bool HangsOnOpen { get; set; }

    /// <summary>Joins two ends.</summary>
    public static void Connect(FakeMuxedConnection dialer, FakeMuxedConnection listener)
    {
        ArgumentNullException.ThrowIfNull(dialer);
        ArgumentNullException.ThrowIfNull(listener);
        (dialer._other, listener._other) = (listener, dialer);
    }

    public override async ValueTask<MuxedStream> OpenStreamAsync(CancellationToken token = default)
    {
        if (_closed.Task.IsCompleted)
            throw new ConnectionClosedException(ConnectionCloseReason.Remote, "The connection has ended.");
        if (HangsOnOpen)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(false);
        var other = _other!;
        var (opener, acceptor) = FakeMuxedStream.CreatePair((ulong)Interlocked.Increment(ref _lastId), Forget, other.Forget);
        _streams[opener] = true;
        other._streams[acceptor] = true;
        await other._inbound.Writer.WriteAsync(acceptor, token).ConfigureAwait(false);
        return opener;
    }

    public override async ValueTask<MuxedStream?> AcceptStreamAsync(CancellationToken token = default)
    {
        while (await _inbound.Reader.WaitToReadAsync(token).ConfigureAwait(false))
        {
            if (_inbound.Reader.TryRead(out var stream))
                return stream;
        }

        return null;
    }

    public override ValueTask CloseAsync(uint code = 0, CancellationToken token = default)
    {
        End(ConnectionCloseReason.Local, code);
        return ValueTask.CompletedTask;
    }

    public override void Abort(uint code = 0) => End(ConnectionCloseReason.Local, code);

    /// <summary>The network goes away under both ends.</summary>
    public void Cut() => End(ConnectionCloseReason.TransportFailure, 0);

    private void End(ConnectionCloseReason reason, uint code)
    {
        EndHere(reason, code);
        _other?.EndHere(reason == ConnectionCloseReason.Local ? ConnectionCloseReason.Remote : reason, code);
    }

    private void EndHere(ConnectionCloseReason reason, uint code)
    {
        var how = new ConnectionClosedException(reason, "The connection has ended.", code);
        if (!_closed.TrySetResult(how))
            return;
        _inbound.Writer.TryComplete();
        foreach (var stream in _streams.Keys)
            stream.Fail(how);
        Scope.Dispose();
    }

    private void Forget(FakeMuxedStream stream) => _streams.TryRemove(stream, out _);
}
