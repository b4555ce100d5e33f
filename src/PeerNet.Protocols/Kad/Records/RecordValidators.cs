using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>The namespaces that a node knows. A value of any other is refused when stored, and not looked at when received. Immutable.</summary>
public sealed class RecordValidators
{
    private readonly FrozenDictionary<string, IRecordValidator> _byNamespace;

    /// <summary>Knows the namespaces of these validators.</summary>
    /// <exception cref="ArgumentException">Two are for the same namespace.</exception>
    public RecordValidators(params IEnumerable<IRecordValidator> validators)
    {
        ArgumentNullException.ThrowIfNull(validators);
        var byNamespace = new Dictionary<string, IRecordValidator>();
        foreach (var validator in validators)
        {
            if (!byNamespace.TryAdd(validator.Namespace, validator))
                throw new ArgumentException($"There are two validators for /{validator.Namespace}.", nameof(validators));
        }

        _byNamespace = byNamespace.ToFrozenDictionary();
    }

    /// <summary>What every node of the public network knows: <c>/pk</c> and <c>/ipns</c>.</summary>
    public static RecordValidators Default { get; } = new(new PublicKeyValidator(), new IpnsValidator());

    /// <summary>The known namespaces.</summary>
    public IEnumerable<string> Namespaces => _byNamespace.Keys;

    /// <summary>These validators, and more; one for a known namespace takes its place.</summary>
    public RecordValidators With(params IEnumerable<IRecordValidator> more)
    {
        ArgumentNullException.ThrowIfNull(more);
        var added = more.ToArray();
        return new RecordValidators([.. _byNamespace.Values.Where(known => added.All(one => one.Namespace != known.Namespace)), .. added]);
    }

    /// <summary>The validator of a key's namespace.</summary>
    public bool TryFind(ReadOnlyMemory<byte> key, [NotNullWhen(true)] out IRecordValidator? validator)
    {
        validator = null;
        return ValueKey.TrySplit(key, out var scope, out _) && _byNamespace.TryGetValue(scope, out validator);
    }

    /// <summary>Whether a value is good for a key: size, namespace and the namespace's own rules.</summary>
    public bool TryValidate(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, DateTimeOffset now, [NotNullWhen(false)] out string? error)
    {
        if (key.Length > KadProtocol.MaxValueKeyBytes)
        {
            error = $"a key of {key.Length} bytes is too long";
            return false;
        }

        if (value.Length > KadProtocol.MaxValueBytes)
        {
            error = $"a value of {value.Length} bytes is too long";
            return false;
        }

        if (TryFind(key, out var validator))
            return validator.TryValidate(key, value, now, out error);
        error = ValueKey.TrySplit(key, out var scope, out _) ? $"the namespace /{scope} is not known here" : "the key is not of the form /namespace/…";
        return false;
    }
}
