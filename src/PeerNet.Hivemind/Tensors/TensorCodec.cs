using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using PeerNet.Core.Wire;
using PeerNet.Hivemind.Tensors.Compression;
using PeerNet.Hivemind.Tensors.Generated;

namespace PeerNet.Hivemind.Tensors;

/// <summary>
/// Tensors in messages:
/// <code>
/// { 1: buffer  2: size*  3: requires_grad  4: dtype  5: compression  6: chunks }
/// </code>
/// Sizes are checked against the buffer before anything is made of it.
/// </summary>
public static class TensorCodec
{
    internal static readonly MessageShape Shape = new(
        TensorLimits.MaxDimensions + 16,
        FieldShape.Bytes(1, TensorLimits.MaxBufferBytes),
        FieldShape.PackedVarints(2, TensorLimits.MaxDimensions),
        FieldShape.Scalar(3),
        FieldShape.Bytes(4, TensorLimits.MaxTypeNameBytes),
        FieldShape.Scalar(5),
        FieldShape.Scalar(6));

    /// <summary>The bytes of a tensor.</summary>
    /// <exception cref="ArgumentException">The compression is not for such elements, or not supported.</exception>
    public static byte[] Encode(Tensor tensor, TensorCompression compression = TensorCompression.None) => ToWire(tensor, compression).ToByteArray();

    /// <summary>Reads a tensor; false for bytes that are none, or are packed in a way that is not supported.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Tensor? tensor)
    {
        tensor = null;
        if (!MessageGuard.Check(bytes, Shape).IsNone)
            return false;
        try
        {
            return TryRead(WireTensor.Parser.ParseFrom(bytes), out tensor);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    /// <exception cref="ArgumentException">The compression is not for such elements, or not supported.</exception>
    internal static WireTensor ToWire(Tensor tensor, TensorCompression compression)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var format = TensorFormat.TryFind(compression) ?? throw new ArgumentException($"{compression} is not supported.", nameof(compression));
        var wire = new WireTensor
        {
            Buffer = UnsafeByteOperations.UnsafeWrap(format.Pack(tensor)),
            RequiresGrad = tensor.RequiresGrad,
            Dtype = TensorTypes.NameOf(tensor.Type),
            Compression = (int)compression,
        };
        foreach (var length in tensor.Shape)
            wire.Size.Add((uint)length);
        return wire;
    }

    internal static bool TryRead(WireTensor wire, [NotNullWhen(true)] out Tensor? tensor)
    {
        tensor = null;
        var shape = new int[wire.Size.Count];
        for (var i = 0; i < shape.Length; i++)
        {
            if (wire.Size[i] > int.MaxValue)
                return false;
            shape[i] = (int)wire.Size[i];
        }

        if (TensorFormat.TryFind((TensorCompression)wire.Compression) is not { } format
            || !TensorTypes.TryParse(wire.Dtype, out var type)
            || !TensorShape.TryCount(shape, out var count)
            || format.Unpack(type, shape, count, wire.Buffer.Memory) is not { } data)
        {
            return false;
        }

        tensor = new Tensor(type, shape, data, wire.RequiresGrad);
        return true;
    }
}
