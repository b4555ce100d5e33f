namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>
/// 256 steps that hold equally many elements. For long vectors the borders are quantiles of the quantiles of pieces, as Hivemind
/// approximates them.
/// </summary>
internal static class QuantileQuantizer
{
    // Specification (hivemind/compression/quantization.py).
    private const int MinPiece = 100_000;
    private const int Steps = TensorLimits.MaxCodebook;

    public static Quantized Quantize(float[] values)
    {
        var borders = Borders(values);
        var indices = new byte[values.Length];
        for (var i = 0; i < values.Length; i++)
            indices[i] = StepOf(borders, values[i]);
        return Quantized.WithMeans(values, indices);
    }

    /// <summary>The 255 borders between the steps.</summary>
    private static double[] Borders(float[] values)
    {
        var size = PieceSize(values.Length);
        var quantiles = new List<float>();
        for (var start = 0; start < values.Length; start += size)
        {
            var piece = values.AsSpan(start, Math.Min(size, values.Length - start)).ToArray();
            Array.Sort(piece);
            for (var i = 0; i <= Steps; i++)
                quantiles.Add((float)Quantile(piece, i));
        }

        float[] all = [.. quantiles];
        Array.Sort(all);
        var borders = new double[Steps - 1];
        for (var i = 0; i < borders.Length; i++)
            borders[i] = Quantile(all, i + 1);
        return borders;
    }

    /// <summary>Evens the lengths of the pieces out.</summary>
    private static int PieceSize(int count)
        => count <= MinPiece ? MinPiece : MinPiece + (((count % MinPiece) - 1) / (count / MinPiece)) + 1;

    // numpy's linear interpolation, with its precisions: the place in single, the weight in double, and from the upper end past the middle.
    private static double Quantile(float[] sorted, int step)
    {
        var place = (sorted.Length - 1) * (step / (float)Steps);
        var lower = (int)Math.Floor(place);
        if (lower >= sorted.Length - 1)
            return sorted[^1];
        var weight = (double)place - lower;
        var difference = sorted[lower + 1] - sorted[lower];
        return weight < 0.5 ? sorted[lower] + (difference * weight) : sorted[lower + 1] - (difference * (1 - weight));
    }

    private static byte StepOf(double[] borders, float value)
    {
        int low = 0, high = borders.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (borders[middle] < value)
                low = middle + 1;
            else
                high = middle;
        }

        return (byte)low;
    }
}
