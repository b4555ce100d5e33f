namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>256 equal steps over six deviations around the mean; what is beyond is cut to the last one.</summary>
internal static class UniformQuantizer
{
    // Specification (hivemind/compression/quantization.py).
    private const float RangeInDeviations = 6;
    private const int Offset = TensorLimits.MaxCodebook / 2;

    public static Quantized Quantize(float[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        var mean = (float)(sum / values.Length);
        var squares = 0.0;
        foreach (var value in values)
        {
            var centred = value - mean;
            squares += (double)centred * centred;
        }

        var deviation = (float)Math.Sqrt(squares) / (float)Math.Sqrt(values.Length - 1);
        var inverse = 1 / (RangeInDeviations * deviation / TensorLimits.MaxCodebook);
        var indices = new byte[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            // Where all elements are equal there is no step, and the mean stands for all.
            var steps = MathF.Round((values[i] - mean) * inverse, MidpointRounding.ToEven);
            indices[i] = float.IsNaN(steps) ? (byte)Offset : (byte)Math.Clamp(steps + Offset, 0, byte.MaxValue);
        }

        return Quantized.WithMeans(values, indices);
    }
}
