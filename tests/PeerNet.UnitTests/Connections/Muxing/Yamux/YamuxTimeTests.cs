using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>Keep-alive, deadlines and round-trip time, on virtual time.</summary>
[TestClass]
public sealed class YamuxTimeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly YamuxHeader FirstPing = new(YamuxFrameType.Ping, YamuxFlags.Syn, 0, 0);

    [TestMethod]
    public async Task The_first_ping_waits_a_second_for_company()
    {
        await using var peer = new ScriptedPeer();
        peer.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.AreEqual(0, peer.Live.Counters.Sends);
        peer.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.AreEqual(FirstPing, await peer.ReadFrameAsync());
        peer.Time.Advance(TimeSpan.FromMilliseconds(70));
        await peer.SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 0);
        await peer.SyncAsync();
        Assert.AreEqual(TimeSpan.FromMilliseconds(70), peer.Live.RoundTripTime);
    }

    [TestMethod]
    public async Task A_silent_peer_is_pinged_after_30_seconds_and_lives_if_it_answers()
    {
        await using var peer = new ScriptedPeer();
        await AnswerFirstPingAsync(peer);
        for (var i = 1u; i <= 5; i++)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(30));
            Assert.AreEqual(FirstPing with { Length = i }, await peer.ReadFrameAsync());
            peer.Time.Advance(TimeSpan.FromSeconds(9));
            await AnswerAsync(peer, i);
        }

        Assert.IsFalse(peer.Live.Closed.IsCompleted);
    }

    [TestMethod]
    public async Task A_silent_peer_that_does_not_answer_in_10_seconds_is_closed()
    {
        await using var peer = new ScriptedPeer();
        await AnswerFirstPingAsync(peer);
        var stream = await peer.Live.OpenStreamAsync();
        var reading = stream.ReadAsync(new byte[1]).AsTask();
        peer.Time.Advance(TimeSpan.FromSeconds(30));
        peer.Time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.IsFalse(peer.Live.Closed.IsCompleted);
        peer.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.AreEqual(ConnectionCloseReason.KeepAliveTimeout, (await peer.Live.Closed.WaitAsync(Deadline)).Reason);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => reading.WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task A_peer_that_talks_is_not_pinged()
    {
        await using var peer = new ScriptedPeer();
        await AnswerFirstPingAsync(peer);
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0);
        for (var i = 0; i < 10; i++)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(29));
            await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.None, 1, 1);
            Assert.IsEmpty(await peer.SyncAsync());
        }
    }

    [TestMethod]
    public async Task A_socket_that_takes_nothing_ends_the_connection()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        await AnswerFirstPingAsync(peer);
        peer.Raw.Incoming.Hold(true);
        var stream = await peer.Live.OpenStreamAsync();
        var writing = stream.WriteAsync(new byte[400_000]).AsTask();
        peer.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsFalse(peer.Live.Closed.IsCompleted);

        // A block of 132 KiB is given 33 seconds more.
        await KeepTalkingAsync(peer, TimeSpan.FromSeconds(40));
        Assert.AreEqual(ConnectionCloseReason.TransportFailure, (await peer.Live.Closed.WaitAsync(Deadline)).Reason);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => writing.WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task A_ping_that_the_transport_does_not_take_waits_without_a_storm_of_timers()
    {
        await using var peer = new ScriptedPeer(Direction.Outbound);
        await AnswerFirstPingAsync(peer);
        peer.Raw.Incoming.Hold(true);
        var stream = await peer.Live.OpenStreamAsync();
        _ = stream.WriteAsync(new byte[400_000]).AsTask();
        await Task.Run(() => peer.Time.Advance(TimeSpan.FromSeconds(31))).WaitAsync(Deadline);
        Assert.IsFalse(peer.Live.Closed.IsCompleted);

        peer.Raw.Incoming.Hold(false);
        await peer.ReadUntilAsync(frame => frame is { Type: YamuxFrameType.Ping, Flags: YamuxFlags.Syn });
    }

    [TestMethod]
    public async Task A_link_that_takes_a_block_now_and_then_is_slow_and_not_dead()
    {
        // 32 KiB a second: a ping that goes behind what the link has taken waits four seconds and more.
        var options = new YamuxOptions { KeepAliveInterval = TimeSpan.FromSeconds(3), KeepAliveTimeout = TimeSpan.FromSeconds(1) };
        await using var peer = new ScriptedPeer(Direction.Outbound, options, capacity: 64 * 1024);
        await AnswerFirstPingAsync(peer);
        var stream = await peer.Live.OpenStreamAsync();
        var writing = stream.WriteAsync(new byte[262_144]).AsTask();
        var left = 262_144L;
        while (left > 0)
        {
            await SettleAsync(peer);
            peer.Time.Advance(TimeSpan.FromSeconds(0.5));
            var frame = await peer.ReadFrameAsync();
            Assert.IsNotNull(frame, peer.Live.Closed.IsCompleted ? (await peer.Live.Closed).ToString() : "");
            if (frame.Value.Type == YamuxFrameType.Data)
                left -= frame.Value.Length;
            else if (frame.Value.Type == YamuxFrameType.Ping)
                await AnswerAsync(peer, frame.Value.Length);
        }

        await writing.WaitAsync(Deadline);
        Assert.IsFalse(peer.Live.Closed.IsCompleted);
    }

    [TestMethod]
    public async Task A_stream_that_nobody_reads_is_reset_after_five_minutes()
    {
        await using var peer = new ScriptedPeer();
        await AnswerFirstPingAsync(peer);
        await peer.SendDataAsync(1, new byte[1], YamuxFlags.Syn);
        var stream = (await peer.Live.AcceptStreamAsync())!;
        stream.CloseRead();
        await stream.CloseWriteAsync();
        await peer.SyncAsync();
        for (var i = 0; i < 14; i++)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(20));
            await peer.SendDataAsync(1, new byte[65_536]);
            var frames = await peer.SyncAsync();
            frames.AddRange(await peer.SyncAsync());
            Assert.IsTrue(frames.All(f => f.Type == YamuxFrameType.WindowUpdate && f.Length > 0));
        }

        peer.Time.Advance(TimeSpan.FromSeconds(20));
        CollectionAssert.Contains(await peer.SyncAsync(), new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 1, 0));
        await stream.Closed.WaitAsync(Deadline);
        Assert.AreEqual(0, peer.Live.StreamCount);
    }

    [TestMethod]
    public async Task A_graceful_close_does_not_wait_for_ever_for_a_peer_that_stays()
    {
        await using var peer = new ScriptedPeer();
        var closing = peer.Live.CloseAsync().AsTask();
        Assert.Contains(f => f.Type == YamuxFrameType.GoAway, await peer.ReadToEndAsync());
        Assert.IsFalse(closing.IsCompleted);
        peer.Time.Advance(TimeSpan.FromSeconds(5));
        await closing.WaitAsync(Deadline);
        Assert.AreEqual(ConnectionCloseReason.Local, (await peer.Live.Closed.WaitAsync(Deadline)).Reason);
    }

    [TestMethod]
    public async Task Cancelling_a_graceful_close_ends_it_at_once()
    {
        await using var peer = new ScriptedPeer();
        peer.Raw.Incoming.Hold(true);
        using var source = new CancellationTokenSource();
        var closing = peer.Live.CloseAsync(0, source.Token).AsTask();
        Assert.IsFalse(closing.IsCompleted);
        await source.CancelAsync();
        await closing.WaitAsync(Deadline);
        await peer.Live.Closed.WaitAsync(Deadline);
    }

    private static async Task AnswerFirstPingAsync(ScriptedPeer peer)
    {
        peer.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual(FirstPing, await peer.ReadFrameAsync().ConfigureAwait(false));
        await AnswerAsync(peer, 0).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(ScriptedPeer peer, uint value)
    {
        var before = peer.Live.Counters.BytesReceived;
        await peer.SendAsync(YamuxFrameType.Ping, YamuxFlags.Ack, 0, value).ConfigureAwait(false);
        while (peer.Live.Counters.BytesReceived == before)
            await Task.Delay(1).ConfigureAwait(false);
    }

    /// <summary>Lets the live end do all it can before time goes on: it is idle, or its send waits for room.</summary>
    private static async Task SettleAsync(ScriptedPeer peer)
    {
        while (!peer.Raw.Incoming.IsWriterWaiting)
        {
            lock (peer.Live.Gate)
            {
                if (peer.Live.Sender.WhenIdle().IsCompleted)
                    return;
            }

            await Task.Delay(1).ConfigureAwait(false);
        }
    }

    /// <summary>Lets time pass while the peer sends what needs no answer.</summary>
    private static async Task KeepTalkingAsync(ScriptedPeer peer, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time && !peer.Live.Closed.IsCompleted; passed += TimeSpan.FromSeconds(1))
        {
            peer.Time.Advance(TimeSpan.FromSeconds(1));
            if (!peer.Live.Closed.IsCompleted)
                await peer.SendAsync(YamuxFrameType.Ping, YamuxFlags.None, 0, 0).ConfigureAwait(false);
        }
    }
}
