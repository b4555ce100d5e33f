using System.Diagnostics.CodeAnalysis;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Dht;

/// <summary>
/// The key of an entry inside a dictionary record. Numbers compare as in Python, where 1, 1.0 and True are the same subkey; text and bytes
/// differ. Lists and maps are none: Python cannot hash them.
/// </summary>
public sealed class Subkey : IEquatable<Subkey>
{
    private readonly byte[] _bytes;
    private readonly byte[] _identity;

    private Subkey(HivemindValue value)
    {
        Value = value;
        _bytes = value.ToBytes();
        _identity = value switch
        {
            BooleanValue boolean => new IntegerValue(boolean.Value ? 1 : 0).ToBytes(),
            FloatValue { Value: var number } when double.IsInteger(number) && number is >= long.MinValue and < ulong.MaxValue => new IntegerValue((Int128)number).ToBytes(),
            _ => _bytes,
        };
    }

    /// <summary>The value.</summary>
    public HivemindValue Value { get; }

    /// <summary>Its MessagePack bytes: what travels, and what is signed.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>Makes a subkey.</summary>
    /// <exception cref="ArgumentException">The value can be none.</exception>
    public static Subkey Of(HivemindValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (!IsHashable(value) || value is NilValue)
            throw new ArgumentException("None, lists and maps are no subkeys.", nameof(value));
        return new Subkey(value);
    }

    /// <summary>A subkey of text.</summary>
    public static implicit operator Subkey(string text) => Of(text);

    /// <summary>Reads a subkey's bytes.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Subkey? subkey)
    {
        subkey = ValueReader.TryRead(bytes, out var value) && IsHashable(value) ? new Subkey(value) : null;
        return subkey is not null;
    }

    /// <inheritdoc />
    public bool Equals(Subkey? other) => other is not null && _identity.AsSpan().SequenceEqual(other._identity);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as Subkey);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_identity);
        return hash.ToHashCode();
    }

    /// <inheritdoc />
    public override string ToString() => Value.ToString() ?? "";

    internal static Subkey? TryFrom(HivemindValue value) => IsHashable(value) ? new Subkey(value) : null;

    private static bool IsHashable(HivemindValue value) => value switch
    {
        ListValue or MapValue => false,
        TupleValue tuple => tuple.Items.All(IsHashable),
        ExtensionValue { Code: ValueLimits.DictionaryExtension } => false,
        _ => true,
    };
}
