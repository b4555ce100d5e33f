namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>
/// Elements as they are. Those of bfloat16 are written as floats of single precision, which every reader takes; they are read in both forms,
/// told apart by the bytes for each.
/// </summary>
internal sealed class RawFormat : TensorFormat
{
    public override byte[] Pack(Tensor tensor)
        => tensor.Type == TensorType.BFloat16 ? Elements.FromSingles(TensorType.Float32, tensor.ToSingles()) : tensor.Data.ToArray();

    public override ReadOnlyMemory<byte>? Unpack(TensorType type, IReadOnlyList<int> shape, int count, ReadOnlyMemory<byte> buffer)
    {
        if (type == TensorType.BFloat16 && count > 0 && buffer.Length == 4L * count)
            return Elements.FromSingles(type, Elements.ToSingles(TensorType.Float32, buffer.Span));
        return buffer.Length == (long)count * TensorTypes.BytesOf(type) ? buffer : default(ReadOnlyMemory<byte>?);
    }
}
