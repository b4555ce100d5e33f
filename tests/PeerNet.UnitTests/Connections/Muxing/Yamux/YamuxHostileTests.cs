using PeerNet.Connections.Muxing.Yamux;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Core.Resources;
using PeerNet.Testing.Connections;

namespace PeerNet.UnitTests.Connections.Muxing.Yamux;

/// <summary>Peers that break the protocol, flood, stall or cut off.</summary>
[TestClass]
public sealed class YamuxHostileTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static IEnumerable<object[]> Vectors => YamuxVectors.Hostile.Select(row => new object[] { YamuxVectors.Name(row) });

    [TestMethod]
    [DynamicData(nameof(Vectors))]
    public async Task The_live_connection_answers_a_script_the_same_way_however_its_bytes_are_cut(string name)
    {
        var row = YamuxVectors.Hostile.Single(r => YamuxVectors.Name(r) == name);
        var bytes = row.GetProperty("sent").EnumerateArray().SelectMany(s => YamuxVectors.Bytes(s.GetString()!)).ToArray();
        var cuts = bytes.Length < 100 ? Enumerable.Range(1, bytes.Length) : [1000, 16 * 1024, 65_519];
        var ends = row.GetProperty("connectionEnded").GetBoolean() || name.Contains("2^32-1", StringComparison.Ordinal);
        foreach (var cut in cuts)
        {
            await using var peer = new ScriptedPeer(row.GetProperty("liveEndIs").GetString() == "client" ? Direction.Outbound : Direction.Inbound);
            var accepting = AcceptAllAsync(peer.Live);
            try
            {
                await peer.SendAsync(bytes, cut);
            }
            catch (IOException) when (ends)
            {
                // The live end has seen enough of the script to end the connection before the rest was sent.
            }

            if (ends)
            {
                var end = await peer.Live.Closed.WaitAsync(Deadline);
                var goodbyes = (await peer.ReadToEndAsync()).Where(f => f.Type == YamuxFrameType.GoAway).ToArray();
                if (name.StartsWith("goaway", StringComparison.Ordinal))
                {
                    Assert.AreEqual(ConnectionCloseReason.Remote, end.Reason);
                    Assert.IsEmpty(goodbyes);
                }
                else
                {
                    Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, end.Reason);
                    Assert.AreEqual(YamuxProtocol.GoAwayProtocolError, goodbyes.Single().Length);
                }
            }
            else if (name.StartsWith("half a header", StringComparison.Ordinal))
            {
                await peer.Raw.ShutdownAsync();
                Assert.AreEqual(ConnectionCloseReason.TransportFailure, (await peer.Live.Closed.WaitAsync(Deadline)).Reason);
            }
            else
            {
                await peer.SyncAsync();
                Assert.IsFalse(peer.Live.Closed.IsCompleted);
            }

            await peer.DisposeAsync();
            await accepting.WaitAsync(Deadline);
        }
    }

    [TestMethod]
    public async Task A_body_of_4_GiB_is_refused_before_a_byte_of_it_came()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendAsync(YamuxFrameType.Data, YamuxFlags.Syn, 1, uint.MaxValue);
        Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, (await peer.Live.Closed.WaitAsync(Deadline)).Reason);
    }

    [TestMethod]
    public async Task Ten_thousand_streams_that_nobody_accepts_are_refused_beyond_the_limit()
    {
        await using var peer = new ScriptedPeer();
        var frames = new List<byte>();
        for (var id = 1u; id < 20_000; id += 2)
            frames.AddRange(ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, id, 0));
        var answers = new List<YamuxHeader>();
        for (var offset = 0; offset < frames.Count; offset += 100 * YamuxProtocol.HeaderBytes)
        {
            await peer.SendAsync(frames.Skip(offset).Take(100 * YamuxProtocol.HeaderBytes).ToArray());
            answers.AddRange(await peer.SyncAsync());
        }

        Assert.AreEqual(256, peer.Live.StreamCount);
        Assert.HasCount(10_000 - 256, answers.Where(a => a.Has(YamuxFlags.Rst) && a.Length == ErrorCodes.StreamResourceLimit));
    }

    [TestMethod]
    public async Task Streams_beyond_the_inbound_limit_are_refused_and_fit_again_when_others_end()
    {
        await using var peer = new ScriptedPeer(options: new YamuxOptions { MaxInboundStreams = 2 });
        await peer.SendDataAsync(1, [1], YamuxFlags.Syn);
        await peer.SendDataAsync(3, [1], YamuxFlags.Syn);
        await peer.SendDataAsync(5, [1], YamuxFlags.Syn);
        CollectionAssert.AreEqual(
            new[] { new YamuxHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 5, ErrorCodes.StreamResourceLimit) }, await peer.SyncAsync());
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 1, 0);
        await peer.SendDataAsync(7, [1], YamuxFlags.Syn);
        Assert.IsEmpty(await peer.SyncAsync());
        Assert.AreEqual(3ul, (await peer.Live.AcceptStreamAsync())!.Id);
        Assert.AreEqual(7ul, (await peer.Live.AcceptStreamAsync())!.Id);
    }

    [TestMethod]
    public async Task Refusals_do_not_queue_up_for_a_peer_that_does_not_read()
    {
        await using var peer = new ScriptedPeer(options: new YamuxOptions { MaxUnacceptedStreams = 1 }, capacity: 64 * 1024);
        await FillSocketAsync(peer);
        await peer.SendAsync((byte[])[.. Enumerable.Range(0, 2000).SelectMany(i => ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1001 + 2 * (uint)i, 0))]);
        await AssertEndsAsync(peer, YamuxViolation.StreamFlood);
    }

    [TestMethod]
    public async Task Pongs_do_not_queue_up_for_a_peer_that_does_not_read()
    {
        await using var peer = new ScriptedPeer(capacity: 64 * 1024);
        await FillSocketAsync(peer);
        await peer.SendAsync((byte[])[.. Enumerable.Range(0, 500).SelectMany(i => ScriptedPeer.Frame(YamuxFrameType.Ping, YamuxFlags.Syn, 0, (uint)i))]);
        await AssertEndsAsync(peer, YamuxViolation.PingFlood);
    }

    [TestMethod]
    public async Task Pings_without_end_are_a_violation_even_if_the_peer_reads()
    {
        await using var peer = new ScriptedPeer();
        for (var i = 0u; i < 2000 && !peer.Live.Closed.IsCompleted; i++)
        {
            try
            {
                await peer.SendAsync(YamuxFrameType.Ping, YamuxFlags.Syn, 0, i);
            }
            catch (IOException)
            {
                // The live end has seen enough pings.
                break;
            }

            await peer.ReadFrameAsync();
        }

        await AssertEndsAsync(peer, YamuxViolation.PingFlood);
    }

    [TestMethod]
    public async Task Opening_and_resetting_over_and_over_is_a_violation()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendAsync((byte[])[.. Enumerable.Range(0, 3000).SelectMany(i => (byte[])
        [
            .. ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1 + 2 * (uint)i, 0),
            .. ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, 1 + 2 * (uint)i, 0),
        ])]);

        await AssertEndsAsync(peer, YamuxViolation.ResetFlood);
        Assert.AreEqual(0, peer.Live.StreamCount);
    }

    [TestMethod]
    public async Task Empty_frames_without_end_are_a_violation()
    {
        foreach (var frame in new[]
        {
            ScriptedPeer.Frame(YamuxFrameType.Data, YamuxFlags.None, 1, 0),
            ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.None, 1, 0),
            ScriptedPeer.Frame(YamuxFrameType.Ping, YamuxFlags.Ack, 0, 77),
        })
        {
            await using var peer = new ScriptedPeer();
            await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0);
            await peer.SendAsync((byte[])[.. Enumerable.Repeat(frame, 12_000).SelectMany(f => f)]);
            await AssertEndsAsync(peer, YamuxViolation.EmptyFrameFlood);
        }
    }

    [TestMethod]
    public async Task Credit_of_one_byte_at_a_time_is_no_violation()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0);
        await peer.SendAsync((byte[])[.. Enumerable.Repeat(ScriptedPeer.Frame(YamuxFrameType.WindowUpdate, YamuxFlags.None, 1, 1), 30_000).SelectMany(f => f)]);
        await peer.SyncAsync();
        var stream = (YamuxStream)(await peer.Live.AcceptStreamAsync())!;
        Assert.AreEqual(262_144u + 30_000, stream.State.SendWindow.Available);
    }

    [TestMethod]
    public async Task Tiny_frames_in_packets_of_their_own_do_not_pin_large_blocks()
    {
        await using var peer = new ScriptedPeer();
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0);
        var stream = (YamuxStream)(await peer.Live.AcceptStreamAsync())!;
        byte[] frame = [.. ScriptedPeer.Frame(YamuxFrameType.Data, YamuxFlags.None, 1, 1), 42];
        const int count = 3000;
        for (var i = 0; i < count; i++)
        {
            await peer.SendAsync(frame);
            if (i % 50 == 0)
                await peer.SyncAsync();
        }

        await peer.SyncAsync();
        Assert.AreEqual(count, peer.Live.Ledger.QueuedBytes);
        Assert.IsLessThan(1024L * 1024, peer.Live.Ledger.RetainedBytes);
        var buffer = new byte[count];
        for (var got = 0; got < count;)
            got += await stream.ReadAsync(buffer.AsMemory(got)).AsTask().WaitAsync(Deadline);
        Assert.IsFalse(buffer.AsSpan().ContainsAnyExcept((byte)42));
        Assert.AreEqual(0, peer.Live.Ledger.QueuedBytes);
        Assert.AreEqual(0, peer.Live.Ledger.RetainedBytes);
    }

    [TestMethod]
    public async Task Windows_do_not_grow_beyond_what_the_scope_grants()
    {
        var scope = new CountingScope(limit: 600_000);
        var pair = MemoryConnections.CreateSecurePair();
        await using var sender = YamuxPair.Start(pair.Dialer, Direction.Outbound);
        await using var receiver = YamuxPair.Start(pair.Listener, Direction.Inbound, scope: scope);
        var stream = await sender.OpenStreamAsync();
        var writing = Task.Run(async () =>
        {
            await stream.WriteAsync(new byte[20_000_000]).ConfigureAwait(false);
            await stream.CloseWriteAsync().ConfigureAwait(false);
        });
        var inbound = (await receiver.AcceptStreamAsync())!;
        var buffer = new byte[64 * 1024];
        while (await inbound.ReadAsync(buffer).AsTask().WaitAsync(Deadline) > 0)
        {
        }

        await writing.WaitAsync(Deadline);
        Assert.IsLessThanOrEqualTo(262_144u + 600_000, receiver.Session.LargestWindow);
        await inbound.CloseWriteAsync();
        receiver.Abort();
        Assert.AreEqual(0, scope.Reserved);
        Assert.IsTrue(scope.IsDisposed);
    }

    private static async Task AcceptAllAsync(YamuxConnection connection)
    {
        while (await connection.AcceptStreamAsync().ConfigureAwait(false) is not null)
        {
        }
    }

    /// <summary>Makes the connection's sends wait: the peer has opened a stream that writes more than the pipe takes.</summary>
    private static async Task FillSocketAsync(ScriptedPeer peer)
    {
        await peer.SendAsync(YamuxFrameType.WindowUpdate, YamuxFlags.Syn, 1, 0);
        var stream = (await peer.Live.AcceptStreamAsync().AsTask().WaitAsync(Deadline).ConfigureAwait(false))!;
        _ = stream.WriteAsync(new byte[262_144]).AsTask();
    }

    private static async Task AssertEndsAsync(ScriptedPeer peer, YamuxViolation violation)
    {
        while (peer.Live.Session.Violation == YamuxViolation.None)
            await Task.Delay(1, new CancellationTokenSource(Deadline).Token).ConfigureAwait(false);

        // The farewell is bounded even if nobody reads it.
        for (var i = 0; i < 100 && !peer.Live.Closed.IsCompleted; i++)
        {
            peer.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(peer.Live.Closed, Task.Delay(20)).ConfigureAwait(false);
        }

        var end = await peer.Live.Closed.WaitAsync(Deadline).ConfigureAwait(false);
        Assert.AreEqual(ConnectionCloseReason.ProtocolViolation, end.Reason);
        Assert.Contains(violation.ToString(), end.Message);
    }

    private sealed class CountingScope(long limit) : IConnectionScope
    {
        public long Reserved { get; private set; }

        public bool IsDisposed { get; private set; }

        public bool TryReserveMemory(long bytes, out ResourceRefusal refusal)
        {
            refusal = new ResourceRefusal("test", "memory", Reserved, bytes, limit);
            if (Reserved + bytes > limit)
                return false;
            Reserved += bytes;
            return true;
        }

        public void ReleaseMemory(long bytes) => Reserved -= bytes;

        public bool TrySetPeer(PeerNet.Identity.PeerId peer, out ResourceRefusal refusal)
        {
            refusal = default;
            return true;
        }

        public void Dispose() => IsDisposed = true;
    }
}
