namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>
/// Half precision after each row of the last axis is brought to mean zero and deviation one:
/// <code>
/// | halves (2 each) | means (4 for each row) | deviations (4 for each row) |
/// </code>
/// </summary>
internal sealed class MeanStdFormat : TensorFormat
{
    // Specification: torch's smallest difference from one, in single precision.
    private const float MinDeviation = 1.1920929e-7f;

    public override byte[] Pack(Tensor tensor)
    {
        if (!IsNumpyFloat(tensor.Type) || tensor.Shape.Count == 0 || tensor.ElementCount == 0)
            throw new ArgumentException("This compression is for floats that have rows.", nameof(tensor));
        var width = tensor.Shape[^1];
        var values = tensor.ToSingles();
        var rows = values.Length / width;
        var means = new float[rows];
        var deviations = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            var span = values.AsSpan(row * width, width);
            means[row] = Sum(span, ofSquares: false) / width;
            foreach (ref var value in span)
                value -= means[row];
            deviations[row] = Math.Max(MathF.Sqrt(Sum(span, ofSquares: true)) / (float)Math.Sqrt(width), MinDeviation);
            foreach (ref var value in span)
                value = Math.Clamp(value / deviations[row], -Float16Format.MaxHalf, Float16Format.MaxHalf);
        }

        return [.. Elements.FromSingles(TensorType.Float16, values), .. Elements.FromSingles(TensorType.Float32, means), .. Elements.FromSingles(TensorType.Float32, deviations)];
    }

    public override ReadOnlyMemory<byte>? Unpack(TensorType type, IReadOnlyList<int> shape, int count, ReadOnlyMemory<byte> buffer)
    {
        if (!IsNumpyFloat(type) || shape.Count == 0 || count == 0)
            return null;
        var width = shape[^1];
        var rows = count / width;
        if (buffer.Length != (2L * count) + (8L * rows))
            return null;
        var values = Elements.ToSingles(TensorType.Float16, buffer.Span[..(2 * count)]);
        var means = Elements.ToSingles(TensorType.Float32, buffer.Span.Slice(2 * count, 4 * rows));
        var deviations = Elements.ToSingles(TensorType.Float32, buffer.Span[^(4 * rows)..]);
        for (var i = 0; i < values.Length; i++)
            values[i] = (values[i] * deviations[i / width]) + means[i / width];
        return Elements.FromSingles(type, values);
    }

    // Torch adds eight elements at a time and then its eight sums: the last digits of what is sent depend on it.
    private static float Sum(ReadOnlySpan<float> values, bool ofSquares)
    {
        Span<float> sums = stackalloc float[8];
        sums.Clear();
        var whole = values.Length - (values.Length % sums.Length);
        for (var i = 0; i < whole; i++)
            sums[i % sums.Length] += ofSquares ? values[i] * values[i] : values[i];
        var sum = 0f;
        foreach (var part in sums)
            sum += part;
        foreach (var value in values[whole..])
            sum += ofSquares ? value * value : value;
        return sum;
    }
}
