using PeerNet.Core.Wire;

namespace PeerNet.UnitTests.Core.Wire;

[TestClass]
public sealed class FrameWriterTests
{
    [TestMethod]
    public void Puts_the_length_in_front()
    {
        using var writer = new FrameWriter();
        writer.Append([1, 2]);
        writer.Append(new byte[128]);
        var written = writer.Written.Span;
        Assert.AreEqual("020102" + "8001", Convert.ToHexStringLower(written[..5]));
        Assert.AreEqual(3 + 2 + 128, written.Length);
    }

    [TestMethod]
    public async Task Sends_all_frames_in_one_write()
    {
        var stream = new CountingStream();
        using var writer = new FrameWriter();
        writer.Append([1]);
        writer.Append([2]);
        await writer.SendAsync(stream);
        Assert.AreEqual(1, stream.Writes);
        Assert.AreEqual("01010102", Convert.ToHexStringLower(stream.ToArray()));
        Assert.IsTrue(writer.Written.IsEmpty);
    }

    [TestMethod]
    public async Task Sends_one_message_in_one_write()
    {
        var stream = new CountingStream();
        await FrameWriter.SendAsync(stream, new byte[] { 5, 6, 7 });
        Assert.AreEqual(1, stream.Writes);
        Assert.AreEqual("03050607", Convert.ToHexStringLower(stream.ToArray()));
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Writes { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Writes++;
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
