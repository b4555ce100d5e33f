using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Buffers;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>What must not allocate, counted on one thread.</summary>
[TestClass]
[DoNotParallelize]
public sealed class AllocationTests
{
    [TestMethod]
    public void The_session_allocates_nothing_per_frame()
    {
        var sender = new SessionHarness(isInitiator: true);
        var receiver = new SessionHarness(isInitiator: false);
        var outbound = sender.Open();
        Span<byte> frame = stackalloc byte[YamuxProtocol.HeaderBytes];
        sender.Session.StartData(outbound, 1).Encode(frame);
        receiver.Session.Receive(frame, receiver.Now, out _, out var inbound);
        receiver.Session.Consume(inbound!, 1);
        var control = new byte[256];
        Exchange(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(10_000);
        Assert.AreEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Exchange(int rounds)
        {
            Span<byte> header = stackalloc byte[YamuxProtocol.HeaderBytes];
            for (var i = 0; i < rounds; i++)
            {
                sender.Session.StartData(outbound, 16 * 1024).Encode(header);
                receiver.Session.Receive(header, receiver.Now, out _, out _);
                if (receiver.Session.Consume(inbound!, 16 * 1024))
                    receiver.Session.Grant(inbound!, receiver.Now);
                var count = receiver.Session.TakeControlFrames(control, receiver.Now);
                for (var at = 0; at < count; at += YamuxProtocol.HeaderBytes)
                    sender.Session.Receive(control.AsSpan(at, YamuxProtocol.HeaderBytes), sender.Now, out _, out _);
            }
        }
    }

    [TestMethod]
    public void The_receive_queue_allocates_nothing_in_steady_state()
    {
        var ledger = new RetentionLedger();
        var queue = new ReceiveQueue();
        var pool = new BufferPool();
        Turn(100, ref queue);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Turn(10_000, ref queue);
        Assert.AreEqual(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.AreEqual(0, ledger.RetainedBytes);
        Assert.AreEqual(0, pool.Rented);

        void Turn(int rounds, ref ReceiveQueue queue)
        {
            Span<byte> buffer = stackalloc byte[2000];
            for (var i = 0; i < rounds; i++)
            {
                var slice = pool.RentLarge().Slice(0, 3000);
                queue.Enqueue(ledger, slice, 0, 1500);
                queue.Enqueue(ledger, slice, 1500, 1500);
                slice.Release();
                while (!queue.IsEmpty)
                {
                    var parts = default(TakenParts);
                    parts.MoveTo(buffer, queue.Dequeue(ledger, buffer.Length, ref parts));
                }
            }
        }
    }
}
