namespace PeerNet.Hivemind.Tensors;

/// <summary>The type of a tensor's elements.</summary>
public enum TensorType
{
    /// <summary>Floats of single precision.</summary>
    Float32,

    /// <summary>Floats of double precision.</summary>
    Float64,

    /// <summary>Floats of half precision.</summary>
    Float16,

    /// <summary>The upper half of floats of single precision.</summary>
    BFloat16,

    /// <summary>Signed numbers of 64 bits.</summary>
    Int64,

    /// <summary>Signed numbers of 32 bits.</summary>
    Int32,

    /// <summary>Signed numbers of 16 bits.</summary>
    Int16,

    /// <summary>Signed numbers of 8 bits.</summary>
    Int8,

    /// <summary>Unsigned numbers of 8 bits.</summary>
    UInt8,

    /// <summary>Truth values, a byte each.</summary>
    Bool,
}

/// <summary>Names and sizes of element types.</summary>
internal static class TensorTypes
{
    /// <summary>The name in messages, such as <c>float32</c>; behind <c>torch.</c> it is the name in descriptions.</summary>
    public static string NameOf(TensorType type) => type switch
    {
        TensorType.Float32 => "float32",
        TensorType.Float64 => "float64",
        TensorType.Float16 => "float16",
        TensorType.BFloat16 => "bfloat16",
        TensorType.Int64 => "int64",
        TensorType.Int32 => "int32",
        TensorType.Int16 => "int16",
        TensorType.Int8 => "int8",
        TensorType.UInt8 => "uint8",
        TensorType.Bool => "bool",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    public static bool TryParse(string name, out TensorType type)
    {
        foreach (var candidate in Enum.GetValues<TensorType>())
        {
            if (NameOf(candidate) == name)
            {
                type = candidate;
                return true;
            }
        }

        type = default;
        return false;
    }

    public static int BytesOf(TensorType type) => type switch
    {
        TensorType.Float64 or TensorType.Int64 => 8,
        TensorType.Float32 or TensorType.Int32 => 4,
        TensorType.Float16 or TensorType.BFloat16 or TensorType.Int16 => 2,
        _ => 1,
    };

    public static bool IsFloat(TensorType type) => type is TensorType.Float32 or TensorType.Float64 or TensorType.Float16 or TensorType.BFloat16;
}
