using System.Buffers;
using System.Globalization;
using CsCheck;
using PeerNet.Multiformats;

namespace PeerNet.UnitTests.Multiformats;

[TestClass]
public sealed class VarintTests
{
    [TestMethod]
    public void Writes_and_reads_the_golden_values()
    {
        foreach (var row in VectorFile.Open("varint.json").Rows("valid"))
        {
            var value = ulong.Parse(row.Text("text"), CultureInfo.InvariantCulture);
            var expected = row.Bytes("hex");
            Assert.AreEqual(row.GetProperty("size").GetInt32(), Varint.Length(value));

            var buffer = new byte[Varint.MaxBytes];
            Assert.AreEqual(expected.Length, Varint.Write(buffer, value));
            Assert.AreEqual(row.Text("hex"), VectorFile.Hex(buffer.AsSpan(0, expected.Length)));
            var writer = new ArrayBufferWriter<byte>();
            Varint.Write(writer, value);
            Assert.AreEqual(row.Text("hex"), VectorFile.Hex(writer.WrittenSpan));

            Assert.AreEqual(OperationStatus.Done, Varint.TryRead(expected, out var read, out var consumed));
            Assert.AreEqual(value, read);
            Assert.AreEqual(expected.Length, consumed);
        }
    }

    [TestMethod]
    public void Leaves_the_bytes_behind_the_varint_alone()
    {
        foreach (var row in VectorFile.Open("varint.json").Rows("withTrailingBytes"))
        {
            Assert.AreEqual(OperationStatus.Done, Varint.TryRead(row.Bytes("hex"), out var value, out var consumed));
            Assert.AreEqual(row.Text("text"), value.ToString(CultureInfo.InvariantCulture));
            Assert.AreEqual(row.GetProperty("read").GetInt32(), consumed);
        }
    }

    [TestMethod]
    public void Refuses_what_go_refuses()
    {
        foreach (var row in VectorFile.Open("varint.json").Rows("invalid"))
        {
            // Rust's 64-bit reader takes a tenth byte; the specification stops at nine, and so do we.
            var expected = row.Text("class") == "truncated" ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
            Assert.AreEqual(expected, Varint.TryRead(row.Bytes("hex"), out var value, out var consumed), row.Text("hex"));
            Assert.AreEqual(0UL, value);
            Assert.AreEqual(0, consumed);

            var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(row.Bytes("hex")));
            Assert.AreEqual(expected, Varint.TryRead(ref reader, out _));
            Assert.AreEqual(0, reader.Consumed);
        }
    }

    [TestMethod]
    public void Reads_the_same_value_however_the_bytes_are_cut()
        => Gen.ULong[0, Varint.MaxValue].Sample(value =>
        {
            var bytes = new byte[Varint.MaxBytes + 1];
            bytes[Varint.Write(bytes, value)] = 0xff;
            var length = Varint.Length(value);
            for (var cut = 0; cut <= length; cut++)
            {
                var reader = new SequenceReader<byte>(Cut(bytes.AsMemory(0, length + 1), cut));
                Assert.AreEqual(OperationStatus.Done, Varint.TryRead(ref reader, out var read));
                Assert.AreEqual(value, read);
                Assert.AreEqual(length, reader.Consumed);

                if (cut < length)
                    Assert.AreEqual(OperationStatus.NeedMoreData, Varint.TryRead(bytes.AsSpan(0, cut), out _, out _));
            }
        }, iter: 2_000);

    [TestMethod]
    public void Reads_no_byte_string_two_ways()
        => Gen.Byte.Array[0, 12].Sample(bytes =>
        {
            if (Varint.TryRead(bytes, out var value, out var consumed) != OperationStatus.Done)
                return;
            var again = new byte[Varint.MaxBytes];
            Assert.AreEqual(consumed, Varint.Write(again, value));
            Assert.IsTrue(bytes.AsSpan(0, consumed).SequenceEqual(again.AsSpan(0, consumed)));
        }, iter: 10_000);

    [TestMethod]
    public void Refuses_to_write_more_than_63_bits_or_into_too_little_room()
    {
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Varint.Length(1UL << 63));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => Varint.Write(new byte[10], 1UL << 63));
        Assert.ThrowsExactly<ArgumentException>(() => Varint.Write([], 0));
        Assert.ThrowsExactly<ArgumentException>(() => Varint.Write(new byte[1], 128));
    }

    private static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, int at)
    {
        var first = new Segment(bytes[..at], 0);
        var last = first.Append(bytes[at..]);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex) => (Memory, RunningIndex) = (memory, runningIndex);

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
