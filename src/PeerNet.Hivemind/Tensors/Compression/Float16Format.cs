namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>Half precision; what is beyond its range is cut to it.</summary>
internal sealed class Float16Format : TensorFormat
{
    internal const float MaxHalf = 65504;

    public override byte[] Pack(Tensor tensor)
    {
        if (!IsNumpyFloat(tensor.Type))
            throw new ArgumentException($"Half precision is not for {tensor.Type}.", nameof(tensor));
        var values = tensor.ToSingles();
        foreach (ref var value in values.AsSpan())
            value = Math.Clamp(value, -MaxHalf, MaxHalf);
        return Elements.FromSingles(TensorType.Float16, values);
    }

    public override ReadOnlyMemory<byte>? Unpack(TensorType type, IReadOnlyList<int> shape, int count, ReadOnlyMemory<byte> buffer)
    {
        if (!IsNumpyFloat(type) || buffer.Length != 2L * count)
            return null;
        return Elements.FromSingles(type, Elements.ToSingles(TensorType.Float16, buffer.Span));
    }
}
