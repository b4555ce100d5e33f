using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>What goes over the wire, frame by frame.</summary>
[TestClass]
public sealed class YamuxWireTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [TestMethod]
    public async Task The_SYN_rides_on_the_first_data_and_the_first_ping_rides_along()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        await stream.WriteAsync(new byte[5]);
        Assert.AreEqual(new YamuxHeader(YamuxFrameType.Data, YamuxFlags.Syn, 1, 5), await peer.ReadFrameAsync());
        Assert.AreEqual(new YamuxHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 0), await peer.ReadFrameAsync());
        Assert.AreEqual(1, peer.Live.Counters.Sends);
        Assert.AreEqual(1, peer.Live.Counters.SealedFrames);
    }

    [TestMethod]
    public async Task Nothing_is_sent_for_a_stream_that_is_only_opened_or_opened_and_reset()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        stream.Reset();
        await peer.Live.OpenStreamAsync();
        Assert.IsEmpty(await peer.SyncAsync());
        Assert.AreEqual(1, peer.Live.StreamCount);
    }

    [TestMethod]
    public async Task A_reader_announces_its_stream_and_so_does_an_end()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var reader = await peer.Live.OpenStreamAsync();
        _ = reader.ReadAsync(new byte[8]).AsTask();
        var closer = await peer.Live.OpenStreamAsync();
        await closer.CloseWriteAsync();
        CollectionAssert.AreEqual(
            new[] { new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0), new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Syn | YamuxFlags.Fin, 3, 0) },
            await peer.SyncAsync());
    }

    [TestMethod]
    public async Task The_ACK_rides_on_the_answer_or_goes_alone_when_the_next_stream_is_asked_for()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendDataAsync(1, [1], YamuxFlags.Syn);
        var first = await peer.Live.AcceptStreamAsync();
        Assert.IsEmpty(await peer.SyncAsync());
        await first!.WriteAsync(new byte[2]);
        CollectionAssert.AreEqual(new[] { new YamuxHeader(YamuxFrameType.Data, YamuxFlags.Ack, 1, 2) }, await peer.SyncAsync());
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 3, 0);
        await peer.Live.AcceptStreamAsync();
        Assert.IsEmpty(await peer.SyncAsync());
        _ = peer.Live.AcceptStreamAsync().AsTask();
        CollectionAssert.AreEqual(new[] { new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 3, 0) }, await peer.SyncAsync());
    }

    [TestMethod]
    public async Task Credit_is_counted_to_the_byte()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        _ = stream.WriteAsync(new byte[2_000_000]).AsTask();
        Assert.AreEqual(262_144, DataBytes(await peer.SyncAsync()));
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 1, 0);
        Assert.AreEqual(0, DataBytes(await peer.SyncAsync()));
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.None, 1, 1);
        Assert.AreEqual(1, DataBytes(await peer.SyncAsync()));
        var other = await peer.Live.OpenStreamAsync();
        await peer.SyncAsync();
        _ = other.ReadAsync(new byte[1]).AsTask();
        await peer.SyncAsync();
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 3, 262_144);
        await peer.SyncAsync();
        _ = other.WriteAsync(new byte[2_000_000]).AsTask();
        Assert.AreEqual(524_288, DataBytes(await peer.SyncAsync()));
    }

    [TestMethod]
    public async Task Bodies_are_at_most_16_KiB()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        await stream.WriteAsync(new byte[100_000]);
        var frames = await peer.SyncAsync();
        Assert.AreEqual(100_000, DataBytes(frames));
        Assert.IsTrue(frames.All(f => f.Length <= 16 * 1024));
        Assert.HasCount(7, frames);
    }

    [TestMethod]
    public async Task Waiting_writers_take_turns_of_16_KiB()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        peer.Raw.Incoming.Hold(true);
        var streams = new List<MuxedStream>();
        for (var i = 0; i < 5; i++)
            streams.Add(await peer.Live.OpenStreamAsync());

        // The first fills the block in flight and the pending one; the others then wait for room.
        _ = streams[0].WriteAsync(new byte[262_144]).AsTask();
        foreach (var stream in streams.Skip(1))
            _ = stream.WriteAsync(new byte[4 * 16 * 1024]).AsTask();
        peer.Raw.Incoming.Hold(false);
        var frames = new List<YamuxHeader>();
        while (DataBytes(frames) < 262_144 + 4 * 4 * 16 * 1024)
            frames.Add((await peer.ReadFrameAsync())!.Value);
        var sent = new Dictionary<uint, long> { [3] = 0, [5] = 0, [7] = 0, [9] = 0 };
        foreach (var frame in frames.Where(f => f.Type == YamuxFrameType.Data && f.StreamId > 1))
        {
            sent[frame.StreamId] += frame.Length;

            // A turn that the block's end cuts short is not made up for.
            Assert.IsLessThanOrEqualTo(2 * 16 * 1024, sent.Values.Max() - sent.Values.Min());
        }

        Assert.IsTrue(sent.Values.All(bytes => bytes == 4 * 16 * 1024));
    }

    [TestMethod]
    public async Task What_is_written_during_a_send_goes_out_in_one_secure_frame()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        peer.Raw.Incoming.Hold(true);
        for (var i = 0; i < 500; i++)
            await stream.WriteAsync(new byte[64]);
        peer.Raw.Incoming.Hold(false);
        Assert.AreEqual(500 * 64, DataBytes(await peer.SyncAsync()));
        Assert.IsLessThan(8, peer.Live.Counters.SealedFrames);
        Assert.IsLessThan(8, peer.Live.Counters.Sends);
    }

    [TestMethod]
    public async Task The_257th_unacknowledged_stream_waits_for_an_ACK_a_reset_or_an_end()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        for (var i = 0; i < 256; i++)
            await (await peer.Live.OpenStreamAsync()).WriteAsync(new byte[1]);
        Assert.HasCount(256, (await peer.SyncAsync()).Where(f => f.Has(YamuxFlags.Syn)));
        var frees = new[]
        {
            ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Ack, 1, 0),
            ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 3, 0),
            ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, 5, 0),
        };
        foreach (var frame in frees)
        {
            var opening = peer.Live.OpenStreamAsync().AsTask();
            await peer.SyncAsync();
            Assert.IsFalse(opening.IsCompleted);
            await peer.SendAsync(frame);
            await opening.WaitAsync(Deadline);
        }

        using var source = new CancellationTokenSource();
        var given = peer.Live.OpenStreamAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => given.WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task A_stream_whose_ACK_never_comes_works_in_both_directions()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        await stream.WriteAsync(new byte[3]);
        await peer.SendDataAsync(1, [7, 8]);
        var buffer = new byte[8];
        Assert.AreEqual(2, await stream.ReadAsync(buffer).AsTask().WaitAsync(Deadline));
        await stream.WriteAsync(new byte[4]);
        Assert.AreEqual(7, DataBytes(await peer.SyncAsync()));
    }

    [TestMethod]
    public async Task Credit_returns_when_half_the_window_was_read_and_not_before()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendDataAsync(1, new byte[131_071], YamuxFlags.Syn);
        var stream = (await peer.Live.AcceptStreamAsync())!;
        await ReadAsync(stream, 131_071);
        Assert.IsEmpty((await peer.SyncAsync()).Where(f => f.Length > 0));
        await peer.SendDataAsync(1, new byte[1]);
        await ReadAsync(stream, 1);
        Assert.AreEqual(131_072u, (await peer.SyncAsync()).Single(f => f.Length > 0).Length);
    }

    [TestMethod]
    public async Task No_credit_is_sent_after_the_peers_end_or_a_reset()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendDataAsync(1, new byte[200_000], YamuxFlags.Syn | YamuxFlags.Fin);
        var stream = (await peer.Live.AcceptStreamAsync())!;
        await ReadAsync(stream, 200_000);
        Assert.AreEqual(0, await stream.ReadAsync(new byte[1]));
        await peer.SendDataAsync(3, new byte[200_000], YamuxFlags.Syn);
        var reset = (await peer.Live.AcceptStreamAsync())!;
        reset.Reset(ErrorCodes.StreamRateLimited);
        var frames = await peer.SyncAsync();
        CollectionAssert.Contains(frames, new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 3, ErrorCodes.StreamRateLimited));
        Assert.IsTrue(frames.All(f => f.Length == 0 || f.Has(YamuxFlags.Rst)));
    }

    [TestMethod]
    public async Task Late_frames_of_a_stream_that_is_gone_are_dropped_with_their_bodies()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendDataAsync(1, new byte[10], YamuxFlags.Syn);
        (await peer.Live.AcceptStreamAsync())!.Reset();
        await peer.SyncAsync();
        await peer.SendDataAsync(1, new byte[50_000]);
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.None, 1, 1000);
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, 1, 0);
        Assert.IsEmpty(await peer.SyncAsync());
        Assert.AreEqual(0, peer.Live.StreamCount);
    }

    [TestMethod]
    public async Task Pings_are_echoed_even_while_data_waits_for_a_slow_peer()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound, capacity: 64 * 1024);
        var stream = await peer.Live.OpenStreamAsync();
        _ = stream.WriteAsync(new byte[262_144]).AsTask();
        await peer.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 0xDEADBEEF);
        await peer.ReadUntilAsync(f => f is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Ack, Length: 0xDEADBEEF });
    }

    [TestMethod]
    public async Task A_graceful_close_sends_its_code_last()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        var stream = await peer.Live.OpenStreamAsync();
        await stream.WriteAsync(new byte[50_000]);
        await stream.CloseWriteAsync();
        var closing = peer.Live.CloseAsync(ErrorCodes.ConnectionGarbageCollected).AsTask();
        var frames = await peer.ReadToEndAsync();
        await peer.Raw.ShutdownAsync();
        await closing.WaitAsync(Deadline);
        Assert.AreEqual(50_000, DataBytes(frames));
        Assert.AreEqual(new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Fin, 1, 0), frames[^2]);
        Assert.AreEqual(new YamuxHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, ErrorCodes.ConnectionGarbageCollected), frames[^1]);
    }

    [TestMethod]
    public async Task After_a_normal_GoAway_open_streams_may_end_in_peace()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendDataAsync(1, new byte[10], YamuxFlags.Syn);
        var stream = (await peer.Live.AcceptStreamAsync())!;
        await peer.SendAsync(YamuxFrameType.GoAway, YamuxFlags.None, 0, 0);
        await peer.SyncAsync();
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => peer.Live.OpenStreamAsync().AsTask());
        await peer.SendDataAsync(1, new byte[5], YamuxFlags.Fin);
        await ReadAsync(stream, 15);
        Assert.AreEqual(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline));
        await stream.CloseWriteAsync();
        peer.Raw.Outgoing.End();
        var end = await peer.Live.Closed.WaitAsync(Deadline);
        Assert.AreEqual(ConnectionCloseReason.Remote, end.Reason);
    }

    [TestMethod]
    public async Task A_GoAway_with_a_code_ends_everything_at_once()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendDataAsync(1, new byte[10], YamuxFlags.Syn);
        var stream = (await peer.Live.AcceptStreamAsync())!;
        await peer.SendAsync(YamuxFrameType.GoAway, YamuxFlags.None, 0, ErrorCodes.ConnectionGated);
        var end = await peer.Live.Closed.WaitAsync(Deadline);
        Assert.AreEqual(ConnectionCloseReason.Remote, end.Reason);
        Assert.AreEqual(ErrorCodes.ConnectionGated, end.Code);
        await ReadAsync(stream, 10);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => stream.ReadAsync(new byte[1]).AsTask());
    }

    private static async Task ReadAsync(MuxedStream stream, int bytes)
    {
        var buffer = new byte[64 * 1024];
        while (bytes > 0)
        {
            var count = await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, bytes))).AsTask().WaitAsync(Deadline).ConfigureAwait(false);
            Assert.AreNotEqual(0, count);
            bytes -= count;
        }
    }

    private static long DataBytes(IEnumerable<YamuxHeader> frames) => frames.Where(f => f.Type == YamuxFrameType.Data).Sum(f => (long)f.Length);
}
