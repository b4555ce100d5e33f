using PeerNet.Protocols.Ping;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Ping;

[TestClass]
public sealed class PingQueueTests
{
    private readonly PingQueue _queue = new();

    [TestMethod]
    public async Task Lets_one_caller_in_for_each_peer()
    {
        var (a, b) = (PeerStreamPair.DialerKey.PeerId, PeerStreamPair.ListenerKey.PeerId);
        var first = await _queue.EnterAsync(a, default);
        var second = _queue.EnterAsync(a, default).AsTask();
        using (await _queue.EnterAsync(b, default))
            Assert.IsFalse(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
        Assert.AreEqual(0, _queue.Count);
    }

    [TestMethod]
    public async Task A_cancelled_wait_leaves_nothing_behind()
    {
        var peer = PeerStreamPair.DialerKey.PeerId;
        var first = await _queue.EnterAsync(peer, default);
        using var cancel = new CancellationTokenSource();
        var second = _queue.EnterAsync(peer, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => second);
        Assert.AreEqual(1, _queue.Count);
        first.Dispose();
        Assert.AreEqual(0, _queue.Count);
    }
}
