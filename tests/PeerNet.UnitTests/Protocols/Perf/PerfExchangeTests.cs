using System.Buffers.Binary;
using PeerNet.Core.Buffers;
using PeerNet.Core.Errors;
using PeerNet.Protocols.Perf;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Protocols.Perf;

[TestClass]
public sealed class PerfExchangeTests
{
    private readonly PeerStreamPair _pair = new(PerfProtocol.Id);

    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    [DataRow(0UL, 0UL)]
    [DataRow(1UL, 0UL)]
    [DataRow(0UL, 1UL)]
    [DataRow(3_000_001UL, 2_000_003UL)]
    public async Task Moves_exactly_what_was_asked_for(ulong up, ulong down)
    {
        var rented = BufferPool.Shared.Rented;
        var serving = PerfExchange.RespondAsync(_pair.Listener, ulong.MaxValue, Token).AsTask();
        var result = await PerfExchange.MeasureAsync(_pair.Dialer, up, down, TimeProvider.System, null, Token);
        await serving;
        Assert.AreEqual(up, result.UploadBytes);
        Assert.AreEqual(down, result.DownloadBytes);
        Assert.AreEqual((long)up + 8, _pair.Listener.BytesReceived);
        Assert.AreEqual((long)down, _pair.Listener.BytesSent);
        Assert.IsFalse(_pair.DialerEnd.IsReset);
        Assert.AreEqual(rented, BufferPool.Shared.Rented, "every slice was released");
    }

    [TestMethod]
    public async Task Writes_the_header_of_the_vectors_in_a_write_of_its_own()
    {
        foreach (var row in ProtocolVectors.Rows("perf", "headers.json", "perfHeaders").Where(row => row.Bytes("bytes").Length == 8))
        {
            var pair = new PeerStreamPair(PerfProtocol.Id);
            var wanted = BinaryPrimitives.ReadUInt64BigEndian(row.Bytes("bytes"));
            var measuring = PerfExchange.MeasureAsync(pair.Dialer, 0, wanted, TimeProvider.System, null, Token).AsTask();
            var header = new byte[64];
            Assert.AreEqual(8, await pair.Listener.ReadAsync(header, Token));
            CollectionAssert.AreEqual(row.Bytes("bytes"), header[..8]);
            Assert.AreEqual(0, await pair.Listener.ReadAsync(header, Token));
            pair.ListenerEnd.Reset();
            await Assert.ThrowsExactlyAsync<StreamResetException>(() => measuring);
        }
    }

    [TestMethod]
    public async Task Reports_progress()
    {
        var progress = new Sum();
        var serving = PerfExchange.RespondAsync(_pair.Listener, ulong.MaxValue, Token).AsTask();
        await PerfExchange.MeasureAsync(_pair.Dialer, 700_000, 300_000, TimeProvider.System, progress, Token);
        await serving;
        Assert.AreEqual(700_000, progress.Uploaded);
        Assert.IsGreaterThan(0, progress.Downloaded);
    }

    [TestMethod]
    public async Task Refuses_a_wish_above_the_cap_before_a_byte_is_sent()
    {
        var serving = PerfExchange.RespondAsync(_pair.Listener, 1000, Token).AsTask();
        await _pair.Dialer.WriteAsync(Header(ulong.MaxValue), Token);
        await serving;
        Assert.AreEqual(ErrorCodes.StreamResourceLimit, _pair.DialerEnd.ResetCode);
        Assert.AreEqual(0, _pair.Listener.BytesSent);
    }

    [TestMethod]
    public async Task Refuses_a_header_of_seven_bytes()
    {
        var serving = PerfExchange.RespondAsync(_pair.Listener, 1000, Token).AsTask();
        await _pair.Dialer.WriteAsync(new byte[7], Token);
        await _pair.Dialer.CloseWriteAsync(Token);
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => serving);
    }

    [TestMethod]
    public async Task Takes_no_memory_for_a_huge_wish_that_is_never_read()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var serving = PerfExchange.RespondAsync(_pair.Listener, ulong.MaxValue, stop.Token).AsTask();
        await _pair.Dialer.WriteAsync(Header(ulong.MaxValue), Token);
        await _pair.Dialer.CloseWriteAsync(Token);
        while (_pair.ListenerEnd.Writes == 0)
            await Task.Yield();
        Assert.IsFalse(serving.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => serving);
    }

    [TestMethod]
    [DataRow(9)]
    [DataRow(11)]
    public async Task Refuses_another_number_of_bytes_than_it_asked_for(int sent)
    {
        var measuring = PerfExchange.MeasureAsync(_pair.Dialer, 0, 10, TimeProvider.System, null, Token).AsTask();
        await _pair.Listener.WriteAsync(new byte[sent], Token);
        await _pair.Listener.CloseWriteAsync(Token);
        await Assert.ThrowsExactlyAsync<ProtocolViolationException>(() => measuring);
    }

    [TestMethod]
    public void Knows_rates()
    {
        var result = new PerfResult(1_000_000, TimeSpan.FromSeconds(2), 0, TimeSpan.Zero);
        Assert.AreEqual(4_000_000, result.UploadBitsPerSecond);
        Assert.AreEqual(0, result.DownloadBitsPerSecond);
        Assert.AreEqual(TimeSpan.FromSeconds(2), result.TotalTime);
    }

    private static byte[] Header(ulong wanted)
    {
        var header = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(header, wanted);
        return header;
    }

    private sealed class Sum : IProgress<PerfProgress>
    {
        public long Uploaded { get; private set; }

        public long Downloaded { get; private set; }

        public void Report(PerfProgress value)
        {
            Uploaded += value.Uploaded;
            Downloaded += value.Downloaded;
        }
    }
}
