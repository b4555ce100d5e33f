namespace PeerNet.Hivemind.MessagePack;

/// <summary>
/// A value as Hivemind's serializer knows it. The kinds are distinct where Python's are: text and bytes, list and tuple, whole number and
/// float are different values with different bytes, because keys are hashed and records signed over those bytes. Immutable. Two values are
/// equal when their bytes are.
/// </summary>
public abstract class HivemindValue : IEquatable<HivemindValue>
{
    private protected HivemindValue()
    {
    }

    /// <summary>Python's None.</summary>
    public static HivemindValue Nil { get; } = new NilValue();

    /// <summary>Makes a list.</summary>
    public static ListValue List(params ReadOnlySpan<HivemindValue> items) => new(items.ToArray());

    /// <summary>Makes a tuple.</summary>
    public static TupleValue Tuple(params ReadOnlySpan<HivemindValue> items) => new(items.ToArray());

    /// <summary>Makes a map; its order is kept.</summary>
    public static MapValue Map(params ReadOnlySpan<(HivemindValue Key, HivemindValue Value)> entries)
    {
        var pairs = new KeyValuePair<HivemindValue, HivemindValue>[entries.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = KeyValuePair.Create(entries[i].Key, entries[i].Value);
        return new MapValue(pairs);
    }

    /// <summary>Makes a byte string; the bytes are copied.</summary>
    public static BytesValue Bytes(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    /// <summary>A text.</summary>
    public static implicit operator HivemindValue(string text) => new TextValue(text);

    /// <summary>A whole number.</summary>
    public static implicit operator HivemindValue(int number) => new IntegerValue(number);

    /// <summary>A whole number.</summary>
    public static implicit operator HivemindValue(long number) => new IntegerValue(number);

    /// <summary>A float, also when it is whole.</summary>
    public static implicit operator HivemindValue(double number) => new FloatValue(number);

    /// <summary>A truth value.</summary>
    public static implicit operator HivemindValue(bool value) => new BooleanValue(value);

    /// <summary>A byte string; the bytes are copied.</summary>
    public static implicit operator HivemindValue(byte[] bytes) => new BytesValue(bytes.AsSpan().ToArray());

    /// <summary>The value's bytes.</summary>
    /// <exception cref="ArgumentException">The value nests deeper than <see cref="ValueLimits.MaxDepth"/>, or a text has a lone surrogate.</exception>
    public byte[] ToBytes() => ValueWriter.Write(this);

    /// <inheritdoc />
    public bool Equals(HivemindValue? other)
        => ReferenceEquals(this, other) || (other is not null && other.GetType() == GetType() && ToBytes().AsSpan().SequenceEqual(other.ToBytes()));

    /// <inheritdoc />
    public sealed override bool Equals(object? obj) => Equals(obj as HivemindValue);

    /// <inheritdoc />
    public sealed override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(ToBytes());
        return hash.ToHashCode();
    }
}

/// <summary>Python's None.</summary>
public sealed class NilValue : HivemindValue
{
    internal NilValue()
    {
    }

    /// <inheritdoc />
    public override string ToString() => "None";
}

/// <summary>A truth value.</summary>
/// <param name="value">Which.</param>
public sealed class BooleanValue(bool value) : HivemindValue
{
    /// <summary>Which.</summary>
    public bool Value => value;

    /// <inheritdoc />
    public override string ToString() => value ? "True" : "False";
}

/// <summary>A whole number between -2^63 and 2^64 - 1.</summary>
public sealed class IntegerValue : HivemindValue
{
    /// <summary>Makes a number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It has no bytes in this format.</exception>
    public IntegerValue(Int128 value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, long.MinValue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, ulong.MaxValue);
        Value = value;
    }

    /// <summary>The number.</summary>
    public Int128 Value { get; }

    /// <summary>The number where it is within bounds.</summary>
    internal bool IsWithin(int min, int max, out int number)
    {
        var isWithin = Value >= min && Value <= max;
        number = isWithin ? (int)Value : 0;
        return isWithin;
    }

    /// <inheritdoc />
    public override string ToString() => Value.ToString();
}

/// <summary>A float of double precision.</summary>
/// <param name="value">The number.</param>
public sealed class FloatValue(double value) : HivemindValue
{
    /// <summary>The number.</summary>
    public double Value => value;

    /// <inheritdoc />
    public override string ToString() => value.ToString("R");
}

/// <summary>A text.</summary>
public sealed class TextValue : HivemindValue
{
    /// <summary>Makes a text.</summary>
    public TextValue(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Value = value;
    }

    /// <summary>The text.</summary>
    public string Value { get; }

    /// <inheritdoc />
    public override string ToString() => Value;
}

/// <summary>A byte string.</summary>
/// <param name="value">The bytes, not to be changed any more.</param>
public sealed class BytesValue(ReadOnlyMemory<byte> value) : HivemindValue
{
    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Value => value;

    /// <inheritdoc />
    public override string ToString() => $"b'{Convert.ToHexStringLower(value.Span)}'";
}

/// <summary>A list.</summary>
/// <param name="items">Its elements, not to be changed any more.</param>
public sealed class ListValue(IReadOnlyList<HivemindValue> items) : HivemindValue
{
    /// <summary>Its elements.</summary>
    public IReadOnlyList<HivemindValue> Items => items;

    /// <inheritdoc />
    public override string ToString() => $"[{string.Join(", ", items)}]";
}

/// <summary>A tuple: extension 0x40 over a list.</summary>
/// <param name="items">Its elements, not to be changed any more.</param>
public sealed class TupleValue(IReadOnlyList<HivemindValue> items) : HivemindValue
{
    /// <summary>Its elements.</summary>
    public IReadOnlyList<HivemindValue> Items => items;

    /// <inheritdoc />
    public override string ToString() => $"({string.Join(", ", items)})";
}

/// <summary>
/// A map in the order it was written. Python readers take text and bytes as keys and nothing else; the reader here does the same.
/// </summary>
/// <param name="entries">Its entries, not to be changed any more.</param>
public sealed class MapValue(IReadOnlyList<KeyValuePair<HivemindValue, HivemindValue>> entries) : HivemindValue
{
    /// <summary>Its entries.</summary>
    public IReadOnlyList<KeyValuePair<HivemindValue, HivemindValue>> Entries => entries;

    /// <summary>The value of a text key; of equal keys the last one counts, as in Python. Null when there is none.</summary>
    public HivemindValue? this[string key]
        => entries.LastOrDefault(entry => entry.Key is TextValue text && text.Value == key).Value;

    /// <inheritdoc />
    public override string ToString() => $"{{{string.Join(", ", entries.Select(entry => $"{entry.Key}: {entry.Value}"))}}}";
}

/// <summary>An extension other than the tuple: its payload is kept as it came, so that it can be passed on unchanged.</summary>
/// <param name="code">The extension's code.</param>
/// <param name="payload">Its bytes, not to be changed any more.</param>
public sealed class ExtensionValue(sbyte code, ReadOnlyMemory<byte> payload) : HivemindValue
{
    /// <summary>The extension's code; see <see cref="ValueLimits"/> for those that Hivemind defines.</summary>
    public sbyte Code => code;

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Payload => payload;

    /// <inheritdoc />
    public override string ToString() => $"ext(0x{code:x2}, {Convert.ToHexStringLower(payload.Span)})";
}
