namespace PeerNet.Hivemind.MessagePack;

/// <summary>Extension codes and limits of the value format.</summary>
public static class ValueLimits
{
    // Specification (hivemind/utils/serializer.py, dht/storage.py, utils/tensor_descr.py).

    /// <summary>A tuple: a list's bytes inside.</summary>
    public const sbyte TupleExtension = 0x40;

    /// <summary>A dictionary record of the table.</summary>
    public const sbyte DictionaryExtension = 0x50;

    /// <summary>The description of a batch of tensors.</summary>
    public const sbyte BatchTensorDescriptorExtension = 0x51;

    // Implementation limits.

    /// <summary>How deep a value may nest. Python's reader ends its process at about 200 tuples; real records nest three deep.</summary>
    public const int MaxDepth = 100;

    /// <summary>
    /// How many elements a value may have in all, those inside others counted: one byte of input can become an object of 24 bytes, so 4 MiB of
    /// input would become a hundred. Real records have a few hundred.
    /// </summary>
    public const int MaxElements = 1 << 18;
}
