using System.Runtime.InteropServices;

namespace PeerNet.Hivemind.Tensors;

/// <summary>A block of numbers with a shape, in row-major order. Immutable.</summary>
public sealed class Tensor
{
    /// <summary>Makes a tensor.</summary>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">The length of each axis; none for a single number.</param>
    /// <param name="data">Its elements, little-endian, not to be changed any more.</param>
    /// <param name="requiresGrad">Whether a training computes gradients for it.</param>
    /// <exception cref="ArgumentException">The data do not fit the shape.</exception>
    public Tensor(TensorType type, IReadOnlyList<int> shape, ReadOnlyMemory<byte> data, bool requiresGrad = false)
    {
        ArgumentNullException.ThrowIfNull(shape);
        if (!TensorShape.TryCount(shape, out var count) || (long)count * TensorTypes.BytesOf(type) != data.Length)
            throw new ArgumentException("The data do not fit the shape.", nameof(data));
        Type = type;
        Shape = shape;
        Data = data;
        RequiresGrad = requiresGrad;
        ElementCount = count;
    }

    /// <summary>The type of its elements.</summary>
    public TensorType Type { get; }

    /// <summary>The length of each axis.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Its elements, little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>Whether a training computes gradients for it.</summary>
    public bool RequiresGrad { get; }

    /// <summary>How many elements it has.</summary>
    public int ElementCount { get; }

    /// <summary>Makes a tensor of floats of single precision; they are copied.</summary>
    public static Tensor Of(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) => new(TensorType.Float32, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Its elements as floats of single precision, whatever their type is.</summary>
    public float[] ToSingles() => Elements.ToSingles(Type, Data.Span);
}

/// <summary>Shapes from peers.</summary>
internal static class TensorShape
{
    /// <summary>Counts the elements; false for a shape that no tensor of ours can have.</summary>
    public static bool TryCount(IReadOnlyList<int> shape, out int count)
    {
        count = 0;
        if (shape.Count > TensorLimits.MaxDimensions)
            return false;
        var product = 1L;
        foreach (var length in shape)
        {
            if (length < 0)
                return false;
            product *= length;
            if (product > TensorLimits.MaxJoinedBytes)
                return false;
        }

        count = (int)product;
        return true;
    }
}
