using System.Buffers.Binary;

namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>A codebook of floats and an index of 8 bits for each element.</summary>
/// <param name="Indices">The indices.</param>
/// <param name="Codebook">What they stand for.</param>
internal readonly record struct Quantized(byte[] Indices, float[] Codebook)
{
    /// <summary>Makes the codebook that has for each index the mean of its elements, and zero for an index without any.</summary>
    public static Quantized WithMeans(ReadOnlySpan<float> values, byte[] indices)
    {
        var sums = new float[TensorLimits.MaxCodebook];
        var counts = new int[TensorLimits.MaxCodebook];
        for (var i = 0; i < values.Length; i++)
        {
            sums[indices[i]] += values[i];
            counts[indices[i]]++;
        }

        for (var i = 0; i < sums.Length; i++)
            sums[i] /= Math.Max(counts[i], 1);
        return new Quantized(indices, sums);
    }
}

/// <summary>
/// Elements as indices into a codebook:
/// <code>
/// | codebook length (8, little-endian) | codebook (4 each) | indices (1 each) |
/// </code>
/// </summary>
internal sealed class CodebookFormat(Func<float[], Quantized> quantize) : TensorFormat
{
    private const int LengthBytes = 8;

    public override byte[] Pack(Tensor tensor)
    {
        if (!TensorTypes.IsFloat(tensor.Type) || tensor.ElementCount == 0)
            throw new ArgumentException("A codebook is for floats, and for at least one of them.", nameof(tensor));
        var (indices, codebook) = quantize(tensor.ToSingles());
        var buffer = new byte[LengthBytes + (4 * codebook.Length) + indices.Length];
        BinaryPrimitives.WriteInt64LittleEndian(buffer, codebook.Length);
        Elements.FromSingles(TensorType.Float32, codebook).CopyTo(buffer.AsSpan(LengthBytes));
        indices.CopyTo(buffer.AsSpan(buffer.Length - indices.Length));
        return buffer;
    }

    public override ReadOnlyMemory<byte>? Unpack(TensorType type, IReadOnlyList<int> shape, int count, ReadOnlyMemory<byte> buffer)
    {
        if (!TensorTypes.IsFloat(type) || buffer.Length < LengthBytes)
            return null;
        var length = BinaryPrimitives.ReadInt64LittleEndian(buffer.Span);
        if (length is < 0 or > TensorLimits.MaxCodebook || buffer.Length != LengthBytes + (4 * length) + count)
            return null;
        var codebook = Elements.ToSingles(TensorType.Float32, buffer.Span.Slice(LengthBytes, 4 * (int)length));
        var indices = buffer.Span[(buffer.Length - count)..];
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            if (indices[i] >= codebook.Length)
                return null;
            values[i] = codebook[indices[i]];
        }

        return Elements.FromSingles(type, values);
    }
}
