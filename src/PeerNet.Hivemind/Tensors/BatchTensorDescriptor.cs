using System.Diagnostics.CodeAnalysis;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Tensors;

/// <summary>The description of tensors whose first axis is a batch of any length: extension 0x51 in what a server tells of its module.</summary>
public sealed record BatchTensorDescriptor
{
    /// <summary>The lengths of the axes behind the first.</summary>
    public IReadOnlyList<int> Size { get; init; } = [];

    /// <summary>The type of the elements, such as <c>torch.float32</c>; null where none is said.</summary>
    public string? Dtype { get; init; }

    /// <summary>The layout in memory.</summary>
    public string? Layout { get; init; } = "torch.strided";

    /// <summary>Whether a training computes gradients for it.</summary>
    public bool RequiresGrad { get; init; }

    /// <summary>Whether it lies in pinned memory.</summary>
    public bool PinMemory { get; init; }

    /// <summary>How it is packed when it is sent.</summary>
    public TensorCompression Compression { get; init; }

    /// <summary>The kind of device that it lies on, such as <c>cpu</c>.</summary>
    public string? DeviceType { get; init; }

    /// <summary>The number of the device.</summary>
    public int? DeviceIndex { get; init; }

    /// <inheritdoc />
    public bool Equals(BatchTensorDescriptor? other) => other is not null && ToValue().Equals(other.ToValue());

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Size.Count, Dtype, Compression);

    /// <summary>The value that stands for it.</summary>
    public ExtensionValue ToValue() => new(ValueLimits.BatchTensorDescriptorExtension, HivemindValue.Map(
        ("size", new TupleValue([HivemindValue.Nil, .. Size.Select(length => (HivemindValue)length)])),
        ("dtype", Text(Dtype)),
        ("layout", Text(Layout)),
        ("requires_grad", RequiresGrad),
        ("pin_memory", PinMemory),
        ("compression", (int)Compression),
        ("device_type", Text(DeviceType)),
        ("device_index", DeviceIndex is { } index ? index : HivemindValue.Nil)).ToBytes());

    /// <summary>Reads the value that stands for one.</summary>
    public static bool TryRead(HivemindValue value, [NotNullWhen(true)] out BatchTensorDescriptor? descriptor)
    {
        descriptor = null;
        if (value is not ExtensionValue { Code: ValueLimits.BatchTensorDescriptorExtension } extension
            || !ValueReader.TryRead(extension.Payload.Span, out var content)
            || content is not MapValue map
            || map["size"] is not TupleValue { Items.Count: >= 1 and <= TensorLimits.MaxDimensions } size
            || map["compression"] is not IntegerValue number
            || !number.IsWithin(0, (int)TensorCompression.Blockwise8Bit, out var compression)
            || !TryText(map["dtype"], out var dtype)
            || !TryText(map["layout"], out var layout)
            || !TryText(map["device_type"], out var device))
        {
            return false;
        }

        var lengths = new int[size.Items.Count - 1];
        for (var i = 0; i < lengths.Length; i++)
        {
            if (size.Items[i + 1] is not IntegerValue length || !length.IsWithin(0, int.MaxValue, out lengths[i]))
                return false;
        }

        descriptor = new BatchTensorDescriptor
        {
            Size = lengths,
            Dtype = dtype,
            Layout = layout,
            RequiresGrad = map["requires_grad"] is BooleanValue { Value: true },
            PinMemory = map["pin_memory"] is BooleanValue { Value: true },
            Compression = (TensorCompression)compression,
            DeviceType = device,
            DeviceIndex = map["device_index"] is IntegerValue index && index.IsWithin(0, int.MaxValue, out var place) ? place : null,
        };
        return true;
    }

    private static HivemindValue Text(string? text) => text is null ? HivemindValue.Nil : text;

    private static bool TryText(HivemindValue? value, out string? text)
    {
        text = (value as TextValue)?.Value;
        return value is NilValue or TextValue { Value.Length: <= TensorLimits.MaxTypeNameBytes };
    }
}
