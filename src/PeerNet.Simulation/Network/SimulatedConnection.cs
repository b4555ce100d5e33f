using System.Threading.Channels;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.Simulation.Network;

/// <summary>
/// One end of a connection. What it sends arrives at the other end in order, after the time that the way takes; nothing is lost but by the
/// connection's end. Not thread-safe.
/// </summary>
internal sealed class SimulatedConnection : MuxedConnection
{
    // As our multiplexer: streams that the other side opened and nobody has accepted yet.
    private const int Backlog = 256;

    private readonly SimulatedNetwork _network;
    private readonly SimulatedHost _host;
    private readonly TimeSpan _oneWay;
    private readonly Channel<SimulatedStream> _inbound = Channel.CreateBounded<SimulatedStream>(Backlog);
    private readonly HashSet<SimulatedStream> _streams = [];
    private readonly TaskCompletionSource<ConnectionClosedException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SimulatedConnection? _other;
    private TimeSpan _lastArrival;
    private ulong _lastId;
    private bool _isCut;

    public SimulatedConnection(SimulatedNetwork network, SimulatedHost host, ConnectionDescription description, IConnectionScope scope, TimeSpan oneWay)
    {
        _network = network;
        _host = host;
        _oneWay = oneWay;
        Description = description;
        Scope = scope;
        host.Connections.Add(this);
    }

    public override ConnectionDescription Description { get; }

    public override IConnectionScope Scope { get; }

    public override int StreamCount => _streams.Count;

    public override TimeSpan? RoundTripTime => 2 * _oneWay;

    public override ConnectionTraffic Traffic => default;

    public override Task<ConnectionClosedException> Closed => _closed.Task;

    /// <summary>Whether this end has ended.</summary>
    public bool HasEnded => _closed.Task.IsCompleted;

    /// <summary>Makes two ends a connection.</summary>
    public static void Join(SimulatedConnection dialer, SimulatedConnection listener)
    {
        (dialer._other, listener._other) = (listener, dialer);

        // Ids of the two sides differ, as Yamux has it.
        dialer._lastId = 1;
    }

    public override ValueTask<MuxedStream> OpenStreamAsync(CancellationToken token = default)
    {
        token.ThrowIfCancellationRequested();
        if (HasEnded)
            throw _closed.Task.Result;
        _lastId += 2;
        var (opener, acceptor) = SimulatedStream.CreatePair(this, _other!, _lastId);
        _streams.Add(opener);
        Send(0, () => _other!.Accept(acceptor));
        return new ValueTask<MuxedStream>(opener);
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
        Abort(code);
        return ValueTask.CompletedTask;
    }

    public override void Abort(uint code = 0)
    {
        if (HasEnded)
            return;
        Send(0, () => _other!.End(ConnectionCloseReason.Remote, code));
        End(ConnectionCloseReason.Local, code);
    }

    /// <summary>This end's host has failed; the other end notices after a while.</summary>
    public void Cut(TimeSpan noticedAfter)
    {
        var other = _other!;
        if (noticedAfter == TimeSpan.Zero)
            Send(0, () => other.End(ConnectionCloseReason.TransportFailure, 0));
        else
            _network.Time.Schedule(noticedAfter, () => other.End(ConnectionCloseReason.TransportFailure, 0));
        _isCut = true;
        End(ConnectionCloseReason.TransportFailure, 0);
    }

    /// <summary>Lets something happen at the other end when a message has got there.</summary>
    public void Send(int bytes, Action arrive)
    {
        if (_isCut)
            return;
        var at = _network.Time.Elapsed + _network.Links.Next(_oneWay);
        _lastArrival = at < _lastArrival ? _lastArrival : at;
        var other = _other!;
        _network.Time.ScheduleAt(_lastArrival, () =>
        {
            if (other.HasEnded)
                return;
            _network.Arrived(_host.Index, other._host.Index, bytes);
            arrive();
        });
    }

    public void Forget(SimulatedStream stream) => _streams.Remove(stream);

    private void Accept(SimulatedStream stream)
    {
        _streams.Add(stream);
        if (!_inbound.Writer.TryWrite(stream))
            stream.Reset();
    }

    private void End(ConnectionCloseReason reason, uint code)
    {
        var how = new ConnectionClosedException(reason, "The connection has ended.", code);
        if (!_closed.TrySetResult(how))
            return;
        _inbound.Writer.TryComplete();
        foreach (var stream in _streams.ToArray())
            stream.Fail(how);
        _host.Connections.Remove(this);
        Scope.Dispose();
    }
}
