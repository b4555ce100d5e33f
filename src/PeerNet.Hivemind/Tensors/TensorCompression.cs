namespace PeerNet.Hivemind.Tensors;

/// <summary>How a tensor's elements are packed into a message; the numbers are those on the wire.</summary>
public enum TensorCompression
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>Half precision after the last axis is brought to mean zero and deviation one.</summary>
    MeanStd16Bit = 1,

    /// <summary>Half precision.</summary>
    Float16 = 2,

    /// <summary>Indices of 8 bits into a codebook whose steps hold equally many elements.</summary>
    Quantile8Bit = 3,

    /// <summary>Indices of 8 bits into a codebook of equal steps over six deviations.</summary>
    Uniform8Bit = 4,

    /// <summary>Indices of 8 bits by block. Not supported: its codebook is that of a library for graphics cards.</summary>
    Blockwise8Bit = 5,
}
