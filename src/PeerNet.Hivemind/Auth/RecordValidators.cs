namespace PeerNet.Hivemind.Auth;

/// <summary>Several validators as one: of the kind that signs only the first counts, schemas are asked together.</summary>
internal sealed class RecordValidators
{
    private readonly IRecordValidator[] _ascending;

    public RecordValidators(IEnumerable<IRecordValidator> validators)
    {
        var all = validators.ToArray();
        var schemas = all.OfType<SchemaValidator>().ToArray();
        IEnumerable<IRecordValidator> merged = all.Where(validator => validator is not (SchemaValidator or RsaRecordValidator))
            .Concat(all.OfType<RsaRecordValidator>().Take(1));
        if (schemas.Length > 0)
            merged = merged.Append(SchemaValidator.Merge(schemas));
        _ascending = [.. merged.OrderBy(validator => validator.Priority)];
    }

    public bool Validate(DhtRecord record)
    {
        for (var i = _ascending.Length - 1; i >= 0; i--)
        {
            if (!_ascending[i].Validate(record))
                return false;
            record = record with { Value = _ascending[i].Strip(record) };
        }

        return true;
    }

    public ReadOnlyMemory<byte> Sign(DhtRecord record)
    {
        foreach (var validator in _ascending)
            record = record with { Value = validator.Sign(record) };
        return record.Value;
    }

    public ReadOnlyMemory<byte> Strip(DhtRecord record)
    {
        for (var i = _ascending.Length - 1; i >= 0; i--)
            record = record with { Value = _ascending[i].Strip(record) };
        return record.Value;
    }
}
