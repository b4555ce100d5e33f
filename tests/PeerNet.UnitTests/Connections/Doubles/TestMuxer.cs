using PeerNet.Core;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.UnitTests.Connections.Doubles;

/// <summary>A multiplexer without streams: what is below it can be looked at.</summary>
internal sealed class TestMuxer(string id = "/test-muxer/1.0.0") : IMuxer
{
    public ProtocolId Id => id;

    public MuxedConnection Create(SecureConnection secure, MuxerContext context) => new TestMuxed(secure, context);
}

internal sealed class TestMuxed(SecureConnection secure, MuxerContext context) : MuxedConnection
{
    private readonly TaskCompletionSource<ConnectionClosedException> _closed = new();

    public SecureConnection Secure => secure;

    public MuxerContext Context => context;

    public override ConnectionDescription Description => context.Description;

    public override IConnectionScope Scope => context.Scope;

    public override int StreamCount => 0;

    public override TimeSpan? RoundTripTime => null;

    public override ConnectionTraffic Traffic => default;

    public override Task<ConnectionClosedException> Closed => _closed.Task;

    public override ValueTask<MuxedStream> OpenStreamAsync(CancellationToken token = default) => throw new NotSupportedException();

    public override ValueTask<MuxedStream?> AcceptStreamAsync(CancellationToken token = default) => throw new NotSupportedException();

    public override ValueTask CloseAsync(uint code = 0, CancellationToken token = default)
    {
        Abort(code);
        return ValueTask.CompletedTask;
    }

    public override void Abort(uint code = 0)
    {
        secure.Abort();
        context.Scope.Dispose();
        _closed.TrySetResult(new ConnectionClosedException(ConnectionCloseReason.Local, "Ended by the test.", code));
    }
}
