namespace PeerNet.Hivemind.Auth;

/// <summary>Several validators as one. Thread-safe. Of the kind that signs only the first counts, schemas are asked together.</summary>
internal sealed class RecordValidators
{
    private readonly Lock _lock = new();
    private IRecordValidator[] _all = [];
    private volatile IRecordValidator[] _ascending = [];

    public RecordValidators(IEnumerable<IRecordValidator> validators) => Add(validators);

    /// <summary>All of them, as they were given.</summary>
    public IReadOnlyList<IRecordValidator> All => _all;

    /// <summary>Adds validators, for records that come from now on.</summary>
    public void Add(IEnumerable<IRecordValidator> validators)
    {
        lock (_lock)
        {
            _all = [.. _all, .. validators];
            _ascending = Order(_all);
        }
    }

    private static IRecordValidator[] Order(IRecordValidator[] all)
    {
        var schemas = all.OfType<SchemaValidator>().ToArray();
        IEnumerable<IRecordValidator> merged = all.Where(validator => validator is not (SchemaValidator or RsaRecordValidator))
            .Concat(all.OfType<RsaRecordValidator>().Take(1));
        if (schemas.Length > 0)
            merged = merged.Append(SchemaValidator.Merge(schemas));
        return [.. merged.OrderBy(validator => validator.Priority)];
    }

    public bool Validate(DhtRecord record)
    {
        var ascending = _ascending;
        for (var i = ascending.Length - 1; i >= 0; i--)
        {
            if (!ascending[i].Validate(record))
                return false;
            record = record with { Value = ascending[i].Strip(record) };
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
        var ascending = _ascending;
        for (var i = ascending.Length - 1; i >= 0; i--)
            record = record with { Value = ascending[i].Strip(record) };
        return record.Value;
    }
}
