using PeerNet.Hivemind.Dht;
using PeerNet.Hivemind.MessagePack;

namespace PeerNet.Hivemind.Auth;

/// <summary>
/// Records of some keys must have some types. The keys are texts <c>PREFIX_FIELD</c>; records under other keys are taken unless that is
/// turned off. Of several schemas for one key one match is enough. Immutable.
/// </summary>
public sealed class SchemaValidator : IRecordValidator
{
    private readonly Dictionary<DhtId, List<SchemaType>> _fields = [];
    private readonly bool _allowExtraKeys;

    /// <summary>Makes a validator.</summary>
    /// <param name="prefix">What the keys begin with; null for none.</param>
    /// <param name="fields">The fields' names and types.</param>
    /// <param name="allowExtraKeys">Whether records under other keys are taken.</param>
    public SchemaValidator(string? prefix, IEnumerable<KeyValuePair<string, SchemaType>> fields, bool allowExtraKeys = true)
    {
        ArgumentNullException.ThrowIfNull(fields);
        _allowExtraKeys = allowExtraKeys;
        foreach (var (name, type) in fields)
            Add(DhtId.OfKey(prefix is null ? name : $"{prefix}_{name}"), type);
    }

    private SchemaValidator(IEnumerable<SchemaValidator> schemas)
    {
        _allowExtraKeys = true;
        foreach (var schema in schemas)
        {
            _allowExtraKeys &= schema._allowExtraKeys;
            foreach (var (key, types) in schema._fields)
                types.ForEach(type => Add(key, type));
        }
    }

    /// <inheritdoc />
    public int Priority => 0;

    /// <summary>Several schemas as one.</summary>
    public static SchemaValidator Merge(IEnumerable<SchemaValidator> schemas) => new(schemas);

    /// <inheritdoc />
    public bool Validate(DhtRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (!_fields.TryGetValue(record.Key, out var types))
            return _allowExtraKeys;
        if (!ValueReader.TryRead(record.Value.Span, out var value))
            return false;
        if (record.IsRegular)
            return types.Exists(type => !type.IsDictionary && type.Matches(value));
        return ValueReader.TryRead(record.Tag.Span, out var subkey) && types.Exists(type => type.MatchesEntry(subkey, value));
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> Sign(DhtRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Value;
    }

    /// <inheritdoc />
    public ReadOnlyMemory<byte> Strip(DhtRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.Value;
    }

    private void Add(DhtId key, SchemaType type)
    {
        if (!_fields.TryGetValue(key, out var types))
            _fields[key] = types = [];
        types.Add(type);
    }
}
