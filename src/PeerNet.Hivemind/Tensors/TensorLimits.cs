namespace PeerNet.Hivemind.Tensors;

/// <summary>Implementation limits of tensors from peers.</summary>
internal static class TensorLimits
{
    /// <summary>Axes; torch has at most 64.</summary>
    public const int MaxDimensions = 64;

    /// <summary>Characters of a type's name.</summary>
    public const int MaxTypeNameBytes = 32;

    /// <summary>Bytes of one packed tensor or of one chunk, as of one message of a stream.</summary>
    public const int MaxBufferBytes = Rpc.RpcProtocol.DefaultMaxStreamMessageBytes;

    /// <summary>Bytes of a tensor put together from chunks.</summary>
    public const int MaxJoinedBytes = 1 << 30;

    /// <summary>Entries of a codebook: an index has 8 bits.</summary>
    public const int MaxCodebook = 256;
}
