namespace PeerNet.Hivemind.Tensors.Compression;

/// <summary>One way to pack elements into a buffer.</summary>
internal abstract class TensorFormat
{
    private static readonly RawFormat Raw = new();
    private static readonly Float16Format Half = new();
    private static readonly MeanStdFormat MeanStd = new();
    private static readonly CodebookFormat Quantile = new(QuantileQuantizer.Quantize);
    private static readonly CodebookFormat Uniform = new(UniformQuantizer.Quantize);

    /// <summary>The format of a number on the wire; null where none is here.</summary>
    public static TensorFormat? TryFind(TensorCompression compression) => compression switch
    {
        TensorCompression.None => Raw,
        TensorCompression.MeanStd16Bit => MeanStd,
        TensorCompression.Float16 => Half,
        TensorCompression.Quantile8Bit => Quantile,
        TensorCompression.Uniform8Bit => Uniform,
        _ => null,
    };

    /// <summary>Bits that an element of a type takes, as the partition of an averaged vector counts them.</summary>
    public static int BitsOf(TensorCompression compression, TensorType type) => compression switch
    {
        TensorCompression.None => 8 * TensorTypes.BytesOf(type),
        TensorCompression.MeanStd16Bit or TensorCompression.Float16 => 16,
        _ => 8,
    };

    /// <summary>Packs a tensor.</summary>
    /// <exception cref="ArgumentException">The format is not for such elements.</exception>
    public abstract byte[] Pack(Tensor tensor);

    /// <summary>Unpacks the elements of a peer's tensor into their bytes; null where the buffer does not fit.</summary>
    public abstract ReadOnlyMemory<byte>? Unpack(TensorType type, IReadOnlyList<int> shape, int count, ReadOnlyMemory<byte> buffer);

    /// <summary>The types that numpy has names for; the packed formats know no others.</summary>
    protected static bool IsNumpyFloat(TensorType type) => type is TensorType.Float32 or TensorType.Float64 or TensorType.Float16;
}
