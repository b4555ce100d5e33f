using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PeerNet.Hivemind.Tensors;

/// <summary>Converts elements between their bytes and floats of single precision, in which all arithmetic here is done.</summary>
internal static class Elements
{
    public static float[] ToSingles(TensorType type, ReadOnlySpan<byte> data)
    {
        var values = new float[data.Length / TensorTypes.BytesOf(type)];
        switch (type)
        {
            case TensorType.Float32 when BitConverter.IsLittleEndian:
                data.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                return values;
            case TensorType.Float32:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]);
                return values;
            case TensorType.Float64:
                for (var i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(data[(8 * i)..]);
                return values;
            case TensorType.Float16:
                for (var i = 0; i < values.Length; i++)
                    values[i] = (float)BinaryPrimitives.ReadHalfLittleEndian(data[(2 * i)..]);
                return values;
            case TensorType.BFloat16:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]) << 16);
                return values;
            case TensorType.Int64:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadInt64LittleEndian(data[(8 * i)..]);
                return values;
            case TensorType.Int32:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadInt32LittleEndian(data[(4 * i)..]);
                return values;
            case TensorType.Int16:
                for (var i = 0; i < values.Length; i++)
                    values[i] = BinaryPrimitives.ReadInt16LittleEndian(data[(2 * i)..]);
                return values;
            case TensorType.Int8:
                for (var i = 0; i < values.Length; i++)
                    values[i] = unchecked((sbyte)data[i]);
                return values;
            default:
                for (var i = 0; i < values.Length; i++)
                    values[i] = data[i];
                return values;
        }
    }

    /// <summary>The bytes of floats in a type of floats.</summary>
    public static byte[] FromSingles(TensorType type, ReadOnlySpan<float> values)
    {
        var data = new byte[values.Length * TensorTypes.BytesOf(type)];
        switch (type)
        {
            case TensorType.Float32 when BitConverter.IsLittleEndian:
                MemoryMarshal.AsBytes(values).CopyTo(data);
                break;
            case TensorType.Float32:
                for (var i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), values[i]);
                break;
            case TensorType.Float64:
                for (var i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(8 * i), values[i]);
                break;
            case TensorType.Float16:
                for (var i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(2 * i), (Half)values[i]);
                break;
            case TensorType.BFloat16:
                for (var i = 0; i < values.Length; i++)
                    BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * i), ToBFloat16(values[i]));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), "Whole numbers are not made of floats.");
        }

        return data;
    }

    // To the nearest, to the even one of two.
    private static ushort ToBFloat16(float value)
    {
        if (float.IsNaN(value))
            return 0x7FC0;
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
