using System.Threading.Tasks.Sources;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Connections.Negotiation.Multistream;
using PeerNet.Core.Connections;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Core.Connections;

[TestClass]
public sealed class PeerStreamTests
{
    private const int Window = 256 * 1024;

    private readonly PeerStreamPair _pair = new("/test/1", Window);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    public async Task Does_not_count_what_a_stalled_reader_has_no_room_for()
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(TestContext.CancellationToken);
        var writing = _pair.Dialer.WriteAsync(new byte[16 * Window], giveUp.Token);
        Assert.IsFalse(writing.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await writing);
        Assert.IsLessThanOrEqualTo(Window, _pair.Dialer.BytesSent);
    }

    [TestMethod]
    public async Task Counts_a_long_write_in_whole_at_its_end()
    {
        const int Bytes = (4 * Window) + 1;
        var writing = WriteAsync();
        var buffer = new byte[Window];
        for (var received = 0; received < Bytes;)
            received += await _pair.Listener.ReadAsync(buffer, TestContext.CancellationToken);
        await writing;
        Assert.AreEqual(Bytes, _pair.Dialer.BytesSent);
        Assert.AreEqual(Bytes, _pair.Listener.BytesReceived);

        async Task WriteAsync() => await _pair.Dialer.WriteAsync(new byte[Bytes], TestContext.CancellationToken);
    }

    [TestMethod]
    public async Task Takes_the_result_of_a_write_that_is_done_at_once()
    {
        var inner = new SourcedWrites(_pair.DialerEnd);
        await using var stream = new PeerStream(inner, "/test/1", _pair.Dialer.Connection);
        await stream.WriteAsync(new byte[10], TestContext.CancellationToken);
        await stream.WriteAsync(new byte[10], TestContext.CancellationToken);
        Assert.AreEqual(2, inner.Taken);
        Assert.AreEqual(20, stream.BytesSent);
    }

    /// <summary>Its writes are done, but like those of a multiplexer their result comes from a source that waits for it to be taken.</summary>
    private sealed class SourcedWrites(MuxedStream inner) : DelegatingStream(inner), IValueTaskSource
    {
        public int Taken { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken token = default) => new(this, 0);

        public void GetResult(short token) => Taken++;

        public ValueTaskSourceStatus GetStatus(short token) => ValueTaskSourceStatus.Succeeded;

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => continuation(state);
    }
}
