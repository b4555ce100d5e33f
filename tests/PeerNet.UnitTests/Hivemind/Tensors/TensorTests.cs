using System.Text.Json;
using CsCheck;
using Google.Protobuf;
using PeerNet.Hivemind.MessagePack;
using PeerNet.Hivemind.Tensors;
using PeerNet.Hivemind.Tensors.Generated;

namespace PeerNet.UnitTests.Hivemind.Tensors;

/// <summary>Tensors against what torch packed.</summary>
[TestClass]
public sealed class TensorTests
{
    private const string File = "tensors.json";

    [TestMethod]
    public void Captured_tensors_are_unpacked()
    {
        foreach (var entry in Packed())
        {
            Assert.IsTrue(TensorCodec.TryDecode(entry.Hex("hex"), out var tensor), Name(entry));
            Assert.AreEqual(entry.Text("dtype"), $"torch.{TensorTypes.NameOf(tensor.Type)}");
            CollectionAssert.AreEqual(entry.GetProperty("shape").EnumerateArray().Select(length => length.GetInt32()).ToArray(), tensor.Shape.ToArray(), Name(entry));
            var expected = Numbers(entry.GetProperty("decoded")).ToArray();
            var actual = tensor.ToSingles();
            Assert.HasCount(expected.Length, actual, Name(entry));
            for (var i = 0; i < expected.Length; i++)
                Assert.AreEqual(expected[i], actual[i], Name(entry));
        }
    }

    [TestMethod]
    public void Tensors_are_packed_with_the_bytes_of_torch()
    {
        var count = 0;
        foreach (var entry in Packed())
        {
            var compression = Compression(entry);
            Assert.IsTrue(TensorCodec.TryDecode(entry.Hex("hex"), out var read));
            Tensor tensor;
            if (read.Type == TensorType.Float32)
                tensor = Tensor.Of([.. Numbers(entry.GetProperty("values"))], [.. read.Shape]);
            else if (compression == TensorCompression.None)
                tensor = read;
            else
                continue;
            Assert.AreEqual(entry.Text("hex"), Convert.ToHexStringLower(TensorCodec.Encode(tensor, compression)), Name(entry));
            count++;
        }

        Assert.IsGreaterThanOrEqualTo(20, count);
    }

    [TestMethod]
    public void The_computed_vector_is_written()
        => Assert.AreEqual("0a080000803f000000c01201022207666c6f61743332", Convert.ToHexStringLower(TensorCodec.Encode(Tensor.Of([1, -2], 2))));

    [TestMethod]
    public void Captured_pieces_are_made_and_joined()
    {
        var streamed = HivemindVectors.Load(File).GetProperty("streamed");
        var whole = TensorCodec.ToWire(Tensor.Of([.. Enumerable.Range(0, 50).Select(i => (float)i)], 50), TensorCompression.None);
        var pieces = TensorChunks.Split(whole, streamed.GetProperty("chunkBytes").GetInt32()).ToArray();
        CollectionAssert.AreEqual(streamed.GetProperty("chunks").EnumerateArray().Select(chunk => chunk.GetString()).ToArray(), pieces.Select(piece => Convert.ToHexStringLower(piece.ToByteArray())).ToArray());
        var joiner = new TensorJoiner(1000, 2);
        Assert.IsTrue(pieces.Concat(pieces).All(joiner.TryAdd));
        Assert.IsTrue(joiner.TryComplete(out var tensors));
        Assert.HasCount(2, tensors);
        Assert.AreEqual(49f, tensors[1].ToSingles()[^1]);
    }

    [TestMethod]
    public void Pieces_are_bounded()
    {
        var piece = TensorCodec.ToWire(Tensor.Of([1, 2], 2), TensorCompression.None);
        Assert.IsFalse(new TensorJoiner(7, 2).TryAdd(piece));
        Assert.IsFalse(new TensorJoiner(100, 2).TryAdd(new WireTensor()));
        var joiner = new TensorJoiner(100, 1);
        Assert.IsTrue(joiner.TryAdd(piece));
        Assert.IsFalse(joiner.TryAdd(piece));
        joiner = new TensorJoiner(100, 1);
        Assert.IsTrue(joiner.TryAdd(piece) && joiner.TryAdd(new WireTensor { Buffer = ByteString.CopyFrom(1) }));
        Assert.IsFalse(joiner.TryComplete(out _));
    }

    [TestMethod]
    public void Descriptors_are_read_and_written_again()
    {
        foreach (var entry in HivemindVectors.Entries(File, "descriptors"))
        {
            Assert.IsTrue(ValueReader.TryRead(entry.Hex("hex"), out var value));
            Assert.IsTrue(BatchTensorDescriptor.TryRead(value, out var descriptor), entry.Text("name"));
            Assert.AreEqual(entry.Text("hex"), Convert.ToHexStringLower(descriptor.ToValue().ToBytes()), entry.Text("name"));
        }

        var computed = new BatchTensorDescriptor { Size = [16], Dtype = "torch.float32" };
        Assert.AreEqual("c7785188a473697a65c7034092c010a56474797065ad746f7263682e666c6f61743332a66c61796f7574ad746f7263682e73747269646564ad72657175697265735f67726164c2aa70696e5f6d656d6f7279c2ab636f6d7072657373696f6e00ab6465766963655f74797065c0ac6465766963655f696e646578c0",
            Convert.ToHexStringLower(computed.ToValue().ToBytes()));
    }

    [TestMethod]
    public void Schemas_have_the_hashes_of_Python()
    {
        foreach (var entry in HivemindVectors.Entries(File, "schemaHashes"))
        {
            var tensors = entry.GetProperty("fields").EnumerateArray().Select(field =>
            {
                var size = field.Text("size")["torch.Size([".Length..^2];
                int[] shape = size.Length == 0 ? [] : [.. size.Split(", ").Select(int.Parse)];
                Assert.IsTrue(TensorTypes.TryParse(field.Text("dtype")["torch.".Length..], out var type));
                return new Tensor(type, shape, new byte[shape.Aggregate(1, (a, b) => a * b) * TensorTypes.BytesOf(type)], field.Text("requires_grad") == "True");
            });
            Assert.AreEqual(entry.Text("hash"), Convert.ToHexStringLower(TensorSchema.HashOf(tensors)), entry.Text("name"));
        }
    }

    [TestMethod]
    [DataRow(TensorCompression.Float16, 0.001), DataRow(TensorCompression.MeanStd16Bit, 0.001), DataRow(TensorCompression.Uniform8Bit, 0.4), DataRow(TensorCompression.Quantile8Bit, 1.5)]
    public void What_is_packed_is_unpacked_nearly_the_same(TensorCompression compression, double error)
        => Gen.Float[-3, 3].Array[2, 300].Sample(values =>
        {
            Assert.IsTrue(TensorCodec.TryDecode(TensorCodec.Encode(Tensor.Of(values, 1, values.Length), compression), out var tensor));
            var again = tensor.ToSingles();
            for (var i = 0; i < values.Length; i++)
                Assert.AreEqual(values[i], again[i], error * Math.Max(1, Math.Abs(values[i])));
        }, iter: 200);

    [TestMethod]
    [DataRow(TensorCompression.Uniform8Bit), DataRow(TensorCompression.Quantile8Bit), DataRow(TensorCompression.MeanStd16Bit)]
    public void Equal_elements_stay_what_they_are(TensorCompression compression)
    {
        foreach (var count in new[] { 1, 2, 1000 })
        {
            Assert.IsTrue(TensorCodec.TryDecode(TensorCodec.Encode(Tensor.Of([.. Enumerable.Repeat(2.5f, count)], count), compression), out var tensor));
            Assert.IsTrue(tensor.ToSingles().All(value => value == 2.5f));
        }
    }

    [TestMethod]
    public void Long_vectors_are_quantized_in_pieces()
    {
        var chance = new Random(1);
        var values = Enumerable.Range(0, 250_001).Select(_ => chance.NextSingle()).ToArray();
        Assert.IsTrue(TensorCodec.TryDecode(TensorCodec.Encode(Tensor.Of(values, values.Length), TensorCompression.Quantile8Bit), out var tensor));
        var again = tensor.ToSingles();
        for (var i = 0; i < values.Length; i++)
            Assert.AreEqual(values[i], again[i], 0.02f);
    }

    [TestMethod]
    public void Both_forms_of_bfloat16_are_read()
    {
        var wide = new WireTensor { Buffer = ByteString.CopyFrom(0, 0, 0x80, 0x3F), Dtype = "bfloat16", Size = { 1 } };
        var narrow = new WireTensor { Buffer = ByteString.CopyFrom(0x80, 0x3F), Dtype = "bfloat16", Size = { 1 } };
        Assert.IsTrue(TensorCodec.TryRead(wide, out var first) && TensorCodec.TryRead(narrow, out var second) && first.ToSingles()[0] == 1 && second.ToSingles()[0] == 1);
    }

    [TestMethod]
    public void Buffers_that_do_not_fit_are_refused()
    {
        foreach (var entry in Packed())
        {
            var wire = WireTensor.Parser.ParseFrom(entry.Hex("hex"));
            if (wire.Buffer.Length == 0)
                continue;
            Assert.IsFalse(TensorCodec.TryRead(new WireTensor(wire) { Buffer = ByteString.CopyFrom(wire.Buffer.Span[1..]) }, out _), Name(entry));
            Assert.IsFalse(TensorCodec.TryRead(new WireTensor(wire) { Buffer = ByteString.CopyFrom([.. wire.Buffer.Span, 0]) }, out _), Name(entry));
            Assert.IsFalse(TensorCodec.TryRead(new WireTensor(wire) { Dtype = "complex64" }, out _));
            Assert.IsFalse(TensorCodec.TryRead(new WireTensor(wire) { Compression = 5 }, out _));
            var huge = new WireTensor(wire);
            huge.Size.Add([uint.MaxValue, uint.MaxValue]);
            Assert.IsFalse(TensorCodec.TryRead(huge, out _));
        }
    }

    private static IEnumerable<JsonElement> Packed() => HivemindVectors.Entries(File, "tensors").Where(entry => entry.TryGetProperty("hex", out _));

    private static string Name(JsonElement entry) => $"{entry.Text("compression")} {entry.Text("dtype")} {entry.GetProperty("shape")}";

    private static TensorCompression Compression(JsonElement entry) => entry.Text("compression") switch
    {
        "NONE" => TensorCompression.None,
        "FLOAT16" => TensorCompression.Float16,
        "MEANSTD_16BIT" => TensorCompression.MeanStd16Bit,
        "UNIFORM_8BIT" => TensorCompression.Uniform8Bit,
        _ => TensorCompression.Quantile8Bit,
    };

    private static IEnumerable<float> Numbers(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Numbers),
        JsonValueKind.True => [1],
        JsonValueKind.False => [0],
        _ => [(float)HivemindVectors.Number(json)],
    };
}
