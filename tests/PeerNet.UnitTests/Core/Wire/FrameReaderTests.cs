using CsCheck;
using PeerNet.Core.Wire;
using PeerNet.Testing.Streams;

namespace PeerNet.UnitTests.Core.Wire;

[TestClass]
public sealed class FrameReaderTests
{
    public TestContext TestContext { get; set; } = null!;

    private CancellationToken Token => TestContext.CancellationToken;

    [TestMethod]
    public async Task Reads_frames_cut_at_every_position()
    {
        var bytes = FramesOf([1, 2, 3], [], new byte[300], [9]);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var lengths = await ReadAllAsync(ChunkedStream.CutAt(bytes, cut), 1000);
            CollectionAssert.AreEqual(new[] { 3, 0, 300, 1 }, lengths.Lengths, $"cut at {cut}");
            Assert.AreEqual(FrameStatus.End, lengths.End, $"cut at {cut}");
        }
    }

    [TestMethod]
    public async Task Reads_frames_byte_by_byte()
    {
        var read = await ReadAllAsync(ChunkedStream.OneByOne(FramesOf([1, 2, 3], [], new byte[300])), 1000);
        CollectionAssert.AreEqual(new[] { 3, 0, 300 }, read.Lengths);
        Assert.AreEqual(FrameStatus.End, read.End);
    }

    [TestMethod]
    public async Task An_end_inside_a_frame_is_a_truncation_at_every_length()
    {
        var bytes = FramesOf(new byte[300]);
        for (var length = 1; length < bytes.Length; length++)
        {
            using var reader = new FrameReader(ChunkedStream.OneByOne(bytes.AsMemory(0, length)));
            var frame = await reader.ReadAsync(1000, Token);
            Assert.AreEqual(FrameStatus.Truncated, frame.Status, $"length {length}");
            Assert.IsTrue(frame.IsViolation);
        }
    }

    [TestMethod]
    public async Task Refuses_a_length_above_the_cap_before_it_waits_for_a_byte_of_it()
    {
        foreach (var length in new ulong[] { 101, 1UL << 31, 1UL << 32, (1UL << 63) - 1 })
        {
            var prefix = new byte[PeerNet.Multiformats.Varint.Length(length)];
            PeerNet.Multiformats.Varint.Write(prefix, length);
            var stream = new ChunkedStream(prefix);
            using var reader = new FrameReader(stream);
            var frame = await reader.ReadAsync(100, Token);
            Assert.AreEqual(FrameStatus.TooLong, frame.Status);
            Assert.AreEqual(length, frame.AnnouncedBytes);
        }
    }

    [TestMethod]
    public async Task Takes_a_frame_of_exactly_the_cap()
    {
        using var reader = new FrameReader(new ChunkedStream(FramesOf(new byte[100])));
        Assert.AreEqual(100, (await reader.ReadAsync(100, Token)).Message.Length);
    }

    [TestMethod]
    [DataRow("8000")]
    [DataRow("ffffffffffffffffff01")]
    [DataRow("80808080808080808000")]
    public async Task Refuses_a_prefix_that_is_no_varint(string hex)
    {
        using var reader = new FrameReader(new ChunkedStream(Convert.FromHexString(hex)));
        Assert.AreEqual(FrameStatus.Malformed, (await reader.ReadAsync(100, Token)).Status);
    }

    [TestMethod]
    public async Task Holds_no_more_memory_than_has_arrived()
    {
        byte[] announced = [0x80, 0x80, 0x80, 0x02, 1, 2, 3];
        var stream = ChunkedStream.OneByOne(announced);
        using var reader = new FrameReader(stream);
        Assert.AreEqual(FrameStatus.Truncated, (await reader.ReadAsync(4 << 20, Token)).Status);
        Assert.IsLessThanOrEqualTo(4096, stream.LargestBuffer);
    }

    [TestMethod]
    public async Task Stays_ended_after_a_violation()
    {
        using var reader = new FrameReader(new ChunkedStream(FramesOf(new byte[10], [1])));
        Assert.AreEqual(FrameStatus.TooLong, (await reader.ReadAsync(5, Token)).Status);
        Assert.AreEqual(FrameStatus.TooLong, (await reader.ReadAsync(100, Token)).Status);
    }

    [TestMethod]
    public async Task Goes_on_after_a_cancelled_read()
    {
        var pipe = new System.IO.Pipelines.Pipe();
        var bytes = FramesOf([1, 2, 3, 4]);
        await pipe.Writer.WriteAsync(bytes.AsMemory(0, 3), Token);
        using var reader = new FrameReader(pipe.Reader.AsStream());
        using var cancel = new CancellationTokenSource();
        var read = reader.ReadAsync(10, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsExactlyAsync<OperationCanceledException>(() => read);
        await pipe.Writer.WriteAsync(bytes.AsMemory(3), Token);
        CollectionAssert.AreEqual(new byte[] { 1, 2, 3, 4 }, (await reader.ReadAsync(10, Token)).Message.ToArray());
    }

    [TestMethod]
    public async Task Keeps_what_comes_behind_the_last_message()
    {
        using var reader = new FrameReader(new ChunkedStream(new byte[] { 2, 7, 8, 0xff, 0xfe }));
        _ = await reader.ReadAsync(10, Token);
        CollectionAssert.AreEqual(new byte[] { 0xff, 0xfe }, reader.Remainder.ToArray());
    }

    [TestMethod]
    [TestCategory("Property")]
    public void Gives_back_what_the_writer_wrote_however_it_is_cut()
    {
        Gen.Select(Gen.Byte.Array[0, 600].Array[0, 12], Gen.Int[1, 700]).Sample((messages, piece) =>
        {
            var read = new List<byte[]>();
            using var reader = new FrameReader(new ChunkedStream(FramesOf(messages), at => 1 + ((at * 31) % piece)));
            while (true)
            {
                var frame = reader.ReadAsync(600).AsTask().GetAwaiter().GetResult();
                if (!frame.IsMessage)
                    return frame.IsEnd && read.Count == messages.Length && read.Zip(messages).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
                read.Add(frame.Message.ToArray());
            }
        });
    }

    private static byte[] FramesOf(params byte[][] messages)
    {
        using var writer = new FrameWriter();
        foreach (var message in messages)
            writer.Append(message);
        return writer.Written.ToArray();
    }

    private async Task<(int[] Lengths, FrameStatus End)> ReadAllAsync(Stream stream, int maxBytes)
    {
        using var reader = new FrameReader(stream);
        var lengths = new List<int>();
        while (true)
        {
            var frame = await reader.ReadAsync(maxBytes, Token);
            if (!frame.IsMessage)
                return ([.. lengths], frame.Status);
            lengths.Add(frame.Message.Length);
        }
    }
}
