using System.Text;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Auth;

/// <summary>The type that a field's values must have. Nothing is converted: a whole number is no float, a list no tuple.</summary>
public abstract class SchemaType
{
    private SchemaType(string name) => Name = name;

    /// <summary>Its name, for a person.</summary>
    public string Name { get; }

    /// <summary>Everything.</summary>
    public static SchemaType Any { get; } = new Simple("any", _ => true);

    /// <summary>A text.</summary>
    public static SchemaType Text { get; } = new Simple("text", value => value is TextValue);

    /// <summary>A truth value.</summary>
    public static SchemaType Boolean { get; } = new Simple("boolean", value => value is BooleanValue);

    /// <summary>A byte string.</summary>
    public static SchemaType Bytes { get; } = new Simple("bytes", value => value is BytesValue);

    /// <summary>A byte string with an owner's marker in it.</summary>
    public static SchemaType OwnedBytes { get; } = new Simple("owned bytes", value => value is BytesValue bytes && HasOwner(bytes.Value.Span));

    /// <summary>A whole number within bounds.</summary>
    public static SchemaType Integer(Int128? min = null, Int128? max = null)
        => new Simple("integer", value => value is IntegerValue number && !(number.Value < min) && !(number.Value > max));

    /// <summary>A float within bounds.</summary>
    public static SchemaType Float(double? min = null, double? max = null)
        => new Simple("float", value => value is FloatValue number && !(min is { } low && !(number.Value >= low)) && !(max is { } high && !(number.Value <= high)));

    /// <summary>A type, or None.</summary>
    public static SchemaType Optional(SchemaType type) => new Simple($"optional {type?.Name}", value => value is NilValue || type!.Matches(value));

    /// <summary>A list of equals.</summary>
    public static SchemaType List(SchemaType item) => new Simple($"list of {item?.Name}", value => value is ListValue list && list.Items.All(item!.Matches));

    /// <summary>A tuple of exactly these.</summary>
    public static SchemaType Tuple(params SchemaType[] items)
        => new Simple("tuple", value => value is TupleValue tuple && tuple.Items.Count == items.Length && tuple.Items.Zip(items).All(pair => pair.Second.Matches(pair.First)));

    /// <summary>A map with exactly these fields.</summary>
    public static SchemaType Struct(params (string Name, SchemaType Type)[] fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        var types = fields.ToDictionary(field => field.Name, field => field.Type);
        return new Simple("struct", value => value is MapValue map && map.Entries.Count == types.Count
            && map.Entries.DistinctBy(entry => entry.Key).Count() == types.Count
            && map.Entries.All(entry => entry.Key is TextValue key && types.TryGetValue(key.Value, out var type) && type.Matches(entry.Value)));
    }

    /// <summary>A dictionary record whose subkeys and values have these types; as a plain value, a map of them.</summary>
    public static SchemaType Dictionary(SchemaType key, SchemaType value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return new DictionaryType(key, value);
    }

    /// <summary>Whether a value has this type.</summary>
    public abstract bool Matches(HivemindValue value);

    /// <summary>Whether an entry of a dictionary record, with its subkey, has this type.</summary>
    public virtual bool MatchesEntry(HivemindValue subkey, HivemindValue value) => false;

    /// <summary>Whether only dictionary records have it.</summary>
    public virtual bool IsDictionary => false;

    private static bool HasOwner(ReadOnlySpan<byte> bytes)
        => RecordMarkers.TryFind(bytes, RecordMarkers.OwnerPrefix, 0, out _, out var owner) && Encoding.Latin1.GetString(bytes[owner]).StartsWith("ssh-rsa ", StringComparison.Ordinal);

    private sealed class Simple(string name, Func<HivemindValue, bool> matches) : SchemaType(name)
    {
        public override bool Matches(HivemindValue value) => matches(value);
    }

    private sealed class DictionaryType(SchemaType key, SchemaType item) : SchemaType($"dictionary of {key.Name} to {item.Name}")
    {
        public override bool IsDictionary => true;

        public override bool Matches(HivemindValue value) => value is MapValue map && map.Entries.All(entry => MatchesEntry(entry.Key, entry.Value));

        public override bool MatchesEntry(HivemindValue subkey, HivemindValue value) => key.Matches(subkey) && item.Matches(value);
    }
}
