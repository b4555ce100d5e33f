using System.Security.Cryptography;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;

namespace PeerNet.Testing.Connections;

/// <summary>What every multiplexer promises. An implementation's test class derives from this and says how two ends are made.</summary>
public abstract class MuxerConformance
{
    /// <summary>Deadline of a whole test: generous, for a machine that is busy.</summary>
    protected static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(60);

    /// <summary>The test's context, for its token.</summary>
    public required TestContext TestContext { get; init; }

    /// <summary>Two connected ends.</summary>
    protected abstract Task<(MuxedConnection Dialer, MuxedConnection Listener)> CreatePairAsync();

    [TestMethod]
    public async Task Echoes_in_both_directions()
    {
        await using var pair = await OpenAsync();
        await AssertEchoAsync(pair.Dialer, pair.Listener, 100_000);
        await AssertEchoAsync(pair.Listener, pair.Dialer, 100_000);
    }

    [TestMethod]
    public async Task Carries_many_megabytes_unaltered_through_odd_buffer_sizes()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        const int total = 6 * 1024 * 1024;
        var random = new Random(7);
        var data = new byte[total];
        random.NextBytes(data);
        var sending = Task.Run(async () =>
        {
            for (var offset = 0; offset < total;)
            {
                var count = Math.Min(total - offset, random.Next(1, 200_000));
                await outbound.WriteAsync(data.AsMemory(offset, count)).ConfigureAwait(false);
                offset += count;
            }

            await outbound.CloseWriteAsync().ConfigureAwait(false);
        });
        var received = await ReadAllAsync(inbound, 70_001).WaitAsync(Deadline);
        await sending.WaitAsync(Deadline);
        CollectionAssert.AreEqual(SHA256.HashData(data), SHA256.HashData(received));
    }

    [TestMethod]
    public async Task Reads_slices_without_losing_a_byte()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        var data = RandomNumberGenerator.GetBytes(1_000_000);
        var sending = Task.Run(async () =>
        {
            await outbound.WriteAsync(data).ConfigureAwait(false);
            await outbound.CloseWriteAsync().ConfigureAwait(false);
        });
        var received = new MemoryStream();
        while (true)
        {
            var slice = await inbound.ReadSliceAsync().AsTask().WaitAsync(Deadline);
            if (slice.IsEmpty)
                break;
            received.Write(slice.Span);
            slice.Release();
        }

        await sending.WaitAsync(Deadline);
        CollectionAssert.AreEqual(data, received.ToArray());
    }

    [TestMethod]
    public async Task Half_close_leaves_the_other_direction_open()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        await outbound.WriteAsync("question"u8.ToArray());
        await outbound.CloseWriteAsync();
        await outbound.CloseWriteAsync();
        Assert.AreEqual("question", System.Text.Encoding.ASCII.GetString(await ReadAllAsync(inbound).WaitAsync(Deadline)));
        Assert.IsFalse(inbound.IsClosed);
        await inbound.WriteAsync("answer"u8.ToArray());
        await inbound.CloseWriteAsync();
        Assert.AreEqual("answer", System.Text.Encoding.ASCII.GetString(await ReadAllAsync(outbound).WaitAsync(Deadline)));
        await outbound.Closed.WaitAsync(Deadline);
        await inbound.Closed.WaitAsync(Deadline);
        Assert.IsTrue(outbound.IsClosed);
        Assert.IsTrue(inbound.IsClosed);
    }

    [TestMethod]
    public async Task The_end_of_a_direction_is_read_again_and_again()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        await outbound.CloseWriteAsync();
        Assert.AreEqual(0, await inbound.ReadAsync(new byte[8]).AsTask().WaitAsync(Deadline));
        Assert.AreEqual(0, await inbound.ReadAsync(new byte[8]).AsTask().WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task Writing_after_the_own_end_is_refused()
    {
        await using var pair = await OpenAsync();
        var (outbound, _) = await pair.OpenStreamAsync();
        await outbound.CloseWriteAsync();
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => outbound.WriteAsync(new byte[1]).AsTask());
    }

    [TestMethod]
    public async Task A_reset_is_seen_by_both_ends_and_is_not_an_end()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        var reading = inbound.ReadAsync(new byte[8]).AsTask();
        outbound.Reset(ErrorCodes.StreamProtocolViolation);
        var seen = await Assert.ThrowsExactlyAsync<StreamResetException>(() => reading.WaitAsync(Deadline));
        Assert.IsTrue(seen.ByPeer);
        AssertCode(ErrorCodes.StreamProtocolViolation, seen.Code);
        await Assert.ThrowsExactlyAsync<StreamResetException>(() => inbound.WriteAsync(new byte[1]).AsTask());
        var own = await Assert.ThrowsExactlyAsync<StreamResetException>(() => outbound.ReadAsync(new byte[8]).AsTask());
        Assert.IsFalse(own.ByPeer);
        await Assert.ThrowsExactlyAsync<StreamResetException>(() => outbound.WriteAsync(new byte[1]).AsTask());
        await inbound.Closed.WaitAsync(Deadline);
        outbound.Reset();
        await AssertEchoAsync(pair.Dialer, pair.Listener, 10);
    }

    [TestMethod]
    public async Task A_stalled_reader_stops_its_writer_and_nobody_else()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        var written = 0L;
        var writing = Task.Run(async () =>
        {
            var chunk = new byte[64 * 1024];
            for (var i = 0; i < 256; i++)
            {
                await outbound.WriteAsync(chunk).ConfigureAwait(false);
                Interlocked.Add(ref written, chunk.Length);
            }

            await outbound.CloseWriteAsync().ConfigureAwait(false);
        });
        for (var i = 0; i < 20; i++)
            await AssertEchoAsync(pair.Dialer, pair.Listener, 10_000);
        Assert.IsFalse(writing.IsCompleted);
        Assert.IsLessThan(12L * 1024 * 1024, Interlocked.Read(ref written));
        Assert.AreEqual(256 * 64 * 1024, (await ReadAllAsync(inbound).WaitAsync(Deadline)).Length);
        await writing.WaitAsync(Deadline);
    }

    [TestMethod]
    public async Task CloseRead_lets_the_peer_write_to_its_end()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        inbound.CloseRead();
        await outbound.WriteAsync(new byte[3 * 1024 * 1024]).AsTask().WaitAsync(Deadline);
        await outbound.CloseWriteAsync();
        Assert.AreEqual(0, await inbound.ReadAsync(new byte[8]).AsTask().WaitAsync(Deadline));
        await inbound.WriteAsync("bye"u8.ToArray());
        await inbound.CloseWriteAsync();
        Assert.AreEqual(3, (await ReadAllAsync(outbound).WaitAsync(Deadline)).Length);
    }

    [TestMethod]
    public async Task Hundred_streams_at_once_keep_their_bytes_apart()
    {
        await using var pair = await OpenAsync();
        var serving = ServeEchoAsync(pair.Listener);
        var clients = Enumerable.Range(0, 100).Select(i => Task.Run(() => EchoOnceAsync(pair.Dialer, 20_000 + i, seed: i))).ToArray();
        await Task.WhenAll(clients).WaitAsync(Deadline);
        await pair.Dialer.CloseAsync().AsTask().WaitAsync(Deadline);
        await serving.WaitAsync(Deadline);
    }

    [TestMethod]
    public async Task Thousand_streams_one_after_the_other_leave_nothing_behind()
    {
        await using var pair = await OpenAsync();
        var serving = ServeEchoAsync(pair.Listener);
        for (var i = 0; i < 1000; i++)
            await EchoOnceAsync(pair.Dialer, 16, seed: i).WaitAsync(Deadline);
        await UntilAsync(() => pair.Dialer.StreamCount == 0 && pair.Listener.StreamCount == 0);
        await pair.Dialer.CloseAsync().AsTask().WaitAsync(Deadline);
        await serving.WaitAsync(Deadline);
    }

    [TestMethod]
    public async Task No_writer_of_a_connection_is_left_behind()
    {
        await using var pair = await OpenAsync();
        const int bytes = 2 * 1024 * 1024;
        var streams = new List<(MuxedStream Outbound, MuxedStream Inbound)>();
        for (var i = 0; i < 8; i++)
            streams.Add(await pair.OpenStreamAsync());
        var writes = streams.Select(s => s.Outbound.WriteAsync(new byte[bytes]).AsTask()).ToArray();
        var buffer = new byte[64 * 1024];
        var left = Enumerable.Repeat(bytes, streams.Count).ToArray();
        while (left.Any(l => l > 0))
        {
            // Each in turn: a stream that got nothing while others did would stop the round.
            for (var i = 0; i < streams.Count; i++)
            {
                if (left[i] > 0)
                    left[i] -= await streams[i].Inbound.ReadAsync(buffer).AsTask().WaitAsync(Deadline);
            }
        }

        await Task.WhenAll(writes).WaitAsync(Deadline);
    }

    [TestMethod]
    public async Task A_graceful_close_delivers_what_was_written()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        await outbound.WriteAsync(new byte[100_000]);
        await outbound.CloseWriteAsync();
        var reading = ReadAllAsync(inbound);
        await pair.Dialer.CloseAsync().AsTask().WaitAsync(Deadline);
        Assert.AreEqual(100_000, (await reading.WaitAsync(Deadline)).Length);
        Assert.AreEqual(ConnectionCloseReason.Local, (await pair.Dialer.Closed.WaitAsync(Deadline)).Reason);
        Assert.AreEqual(ConnectionCloseReason.Remote, (await pair.Listener.Closed.WaitAsync(Deadline)).Reason);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => pair.Dialer.OpenStreamAsync().AsTask());
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => pair.Listener.OpenStreamAsync().AsTask());
        Assert.IsNull(await pair.Dialer.AcceptStreamAsync());
        Assert.IsNull(await pair.Listener.AcceptStreamAsync());
    }

    [TestMethod]
    public async Task An_abort_ends_every_pending_call()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        var accepting = pair.Listener.AcceptStreamAsync().AsTask();
        var reading = inbound.ReadAsync(new byte[8]).AsTask();
        var writing = outbound.WriteAsync(new byte[64 * 1024 * 1024]).AsTask();
        pair.Dialer.Abort();
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(() => writing.WaitAsync(Deadline));
        await inbound.Closed.WaitAsync(Deadline);
        await Assert.ThrowsExactlyAsync<ConnectionClosedException>(async () =>
        {
            await reading.WaitAsync(Deadline);
            while (await inbound.ReadAsync(new byte[1024 * 1024]).AsTask().WaitAsync(Deadline) > 0)
            {
            }
        });
        Assert.IsNull(await accepting.WaitAsync(Deadline));
        pair.Dialer.Abort();
    }

    [TestMethod]
    public async Task A_cancelled_read_takes_no_byte()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        for (var i = 0; i < 100; i++)
        {
            using var source = new CancellationTokenSource();
            var reading = inbound.ReadAsync(new byte[8], source.Token).AsTask();
            await source.CancelAsync();
            await Assert.ThrowsAsync<OperationCanceledException>(() => reading.WaitAsync(Deadline));
        }

        await outbound.WriteAsync("kept"u8.ToArray());
        var buffer = new byte[8];
        Assert.AreEqual(4, await inbound.ReadAsync(buffer).AsTask().WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task A_cancelled_write_leaves_the_stream_usable()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        using var source = new CancellationTokenSource();
        var writing = outbound.WriteAsync(new byte[64 * 1024 * 1024], source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => writing.WaitAsync(Deadline));
        var reading = ReadAllAsync(inbound);
        await outbound.WriteAsync("after"u8.ToArray()).AsTask().WaitAsync(Deadline);
        await outbound.CloseWriteAsync();
        var received = await reading.WaitAsync(Deadline);
        Assert.AreEqual("after", System.Text.Encoding.ASCII.GetString(received.AsSpan(received.Length - 5)));
    }

    [TestMethod]
    public async Task A_cancelled_accept_loses_no_stream()
    {
        await using var pair = await OpenAsync();
        using var source = new CancellationTokenSource();
        var accepting = pair.Listener.AcceptStreamAsync(source.Token).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => accepting.WaitAsync(Deadline));
        await AssertEchoAsync(pair.Dialer, pair.Listener, 10);
    }

    [TestMethod]
    public async Task An_empty_read_waits_for_data_and_takes_none()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        var waiting = inbound.ReadAsync(Memory<byte>.Empty).AsTask();
        await outbound.WriteAsync("x"u8.ToArray());
        Assert.AreEqual(0, await waiting.WaitAsync(Deadline));
        Assert.AreEqual(1, await inbound.ReadAsync(new byte[8]).AsTask().WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task The_responder_may_speak_first()
    {
        await using var pair = await OpenAsync();
        var outbound = await pair.Dialer.OpenStreamAsync();
        var reading = outbound.ReadAsync(new byte[8]).AsTask();
        var inbound = await pair.Listener.AcceptStreamAsync().AsTask().WaitAsync(Deadline);
        await inbound!.WriteAsync("hi"u8.ToArray());
        Assert.AreEqual(2, await reading.WaitAsync(Deadline));
    }

    [TestMethod]
    public async Task A_buffer_may_be_reused_when_its_write_has_ended()
    {
        await using var pair = await OpenAsync();
        var (outbound, inbound) = await pair.OpenStreamAsync();
        const int rounds = 2000;
        var writing = Task.Run(async () =>
        {
            var buffer = new byte[1000];
            for (var i = 0; i < rounds; i++)
            {
                buffer.AsSpan().Fill((byte)i);
                await outbound.WriteAsync(buffer).ConfigureAwait(false);
            }

            await outbound.CloseWriteAsync().ConfigureAwait(false);
        });
        var received = await ReadAllAsync(inbound, 333).WaitAsync(Deadline);
        await writing.WaitAsync(Deadline);
        Assert.AreEqual(rounds * 1000, received.Length);
        for (var i = 0; i < received.Length; i++)
            Assert.AreEqual((byte)(i / 1000), received[i]);
    }

    /// <summary>Asserts a reset's code; a multiplexer that cannot carry one overrides this.</summary>
    protected virtual void AssertCode(uint expected, uint actual) => Assert.AreEqual(expected, actual);

    /// <summary>Waits for a condition that no event tells of.</summary>
    protected static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (!condition())
            await Task.Delay(1, deadline.Token).ConfigureAwait(false);
    }

    /// <summary>Reads to the end.</summary>
    protected static async Task<byte[]> ReadAllAsync(MuxedStream stream, int bufferBytes = 64 * 1024)
    {
        var all = new MemoryStream();
        var buffer = new byte[bufferBytes];
        while (await stream.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
            all.Write(buffer, 0, count);
        return all.ToArray();
    }

    /// <summary>Two connected ends.</summary>
    protected async Task<Pair> OpenAsync()
    {
        var (dialer, listener) = await CreatePairAsync().ConfigureAwait(false);
        return new Pair(dialer, listener);
    }

    /// <summary>Echoes every stream that comes, until the connection ends.</summary>
    protected static async Task ServeEchoAsync(MuxedConnection connection)
    {
        while (await connection.AcceptStreamAsync().ConfigureAwait(false) is { } stream)
            _ = Task.Run(() => EchoAsync(stream));
    }

    private static async Task EchoAsync(MuxedStream stream)
    {
        try
        {
            var buffer = new byte[16 * 1024];
            while (await stream.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
                await stream.WriteAsync(buffer.AsMemory(0, count)).ConfigureAwait(false);
            await stream.CloseWriteAsync().ConfigureAwait(false);
        }
        catch (PeerNetException)
        {
            // The test ended the stream or the connection.
        }
    }

    private static async Task EchoOnceAsync(MuxedConnection connection, int bytes, int seed)
    {
        var stream = await connection.OpenStreamAsync().ConfigureAwait(false);
        var data = new byte[bytes];
        new Random(seed).NextBytes(data);
        var reading = ReadAllAsync(stream);
        await stream.WriteAsync(data).ConfigureAwait(false);
        await stream.CloseWriteAsync().ConfigureAwait(false);
        CollectionAssert.AreEqual(data, await reading.ConfigureAwait(false));
    }

    private static async Task AssertEchoAsync(MuxedConnection from, MuxedConnection to, int bytes)
    {
        var client = Task.Run(() => EchoOnceAsync(from, bytes, seed: bytes));
        var inbound = await to.AcceptStreamAsync().AsTask().WaitAsync(Deadline).ConfigureAwait(false);
        Assert.IsNotNull(inbound);
        await EchoAsync(inbound).WaitAsync(Deadline).ConfigureAwait(false);
        await client.WaitAsync(Deadline).ConfigureAwait(false);
    }

    /// <summary>Both ends; disposing aborts them.</summary>
    protected sealed record Pair(MuxedConnection Dialer, MuxedConnection Listener) : IAsyncDisposable
    {
        /// <summary>Opens a stream from the dialler, with its other end; one byte has gone each way.</summary>
        public async Task<(MuxedStream Outbound, MuxedStream Inbound)> OpenStreamAsync()
        {
            var outbound = await Dialer.OpenStreamAsync().ConfigureAwait(false);
            await outbound.WriteAsync(new byte[1]).ConfigureAwait(false);
            var inbound = await Listener.AcceptStreamAsync().AsTask().WaitAsync(Deadline).ConfigureAwait(false);
            Assert.IsNotNull(inbound);
            Assert.AreEqual(1, await inbound.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline).ConfigureAwait(false));
            await inbound.WriteAsync(new byte[1]).ConfigureAwait(false);
            Assert.AreEqual(1, await outbound.ReadAsync(new byte[1]).AsTask().WaitAsync(Deadline).ConfigureAwait(false));
            return (outbound, inbound);
        }

        /// <inheritdoc />
        public async ValueTask DisposeAsync()
        {
            await Dialer.DisposeAsync().ConfigureAwait(false);
            await Listener.DisposeAsync().ConfigureAwait(false);
        }
    }
}
