namespace PeerNet.Core.Wire;

/// <summary>What a <see cref="MessageShape"/> allows of one field of a protobuf message.</summary>
public sealed class FieldShape
{
    private FieldShape(int number, int maxCount, int maxBytes, MessageShape? nested, bool isPacked)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MessageShape.MaxDescribedNumber);
        ArgumentOutOfRangeException.ThrowIfNegative(maxCount);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        Number = number;
        MaxCount = maxCount;
        MaxBytes = maxBytes;
        Nested = nested;
        IsPacked = isPacked;
    }

    /// <summary>The field's number.</summary>
    public int Number { get; }

    /// <summary>How often it may occur in one message; packed numbers are counted one by one.</summary>
    public int MaxCount { get; }

    /// <summary>The most bytes that one occurrence may have, for fields with a length.</summary>
    public int MaxBytes { get; }

    /// <summary>The shape of the message inside; null when the field is no message.</summary>
    public MessageShape? Nested { get; }

    /// <summary>Whether the field is a repeated number that may arrive packed.</summary>
    public bool IsPacked { get; }

    /// <summary>Bytes or text.</summary>
    public static FieldShape Bytes(int number, int maxBytes, int maxCount = MessageShape.MaxSingular) => new(number, maxCount, maxBytes, null, false);

    /// <summary>A number that is not repeated, or not packed.</summary>
    public static FieldShape Scalar(int number, int maxCount = MessageShape.MaxSingular) => new(number, maxCount, int.MaxValue, null, false);

    /// <summary>Repeated varints that may arrive packed.</summary>
    public static FieldShape PackedVarints(int number, int maxCount) => new(number, maxCount, int.MaxValue, null, true);

    /// <summary>A message inside this one.</summary>
    public static FieldShape Message(int number, MessageShape shape, int maxCount = MessageShape.MaxSingular)
    {
        ArgumentNullException.ThrowIfNull(shape);
        return new FieldShape(number, maxCount, int.MaxValue, shape, false);
    }
}
