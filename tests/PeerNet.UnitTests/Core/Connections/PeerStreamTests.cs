using Microsoft.VisualStudio.TestTools.UnitTesting;
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
}
