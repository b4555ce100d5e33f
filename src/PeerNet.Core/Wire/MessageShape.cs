namespace PeerNet.Core.Wire;

/// <summary>
/// What a protocol allows of a protobuf message: which fields are messages themselves, how often each may occur and how long it may be.
/// <see cref="MessageGuard"/> holds a peer's bytes against it before a parser turns them into objects: a few MiB hold millions of empty
/// entries, and each would become an object. Nesting is bounded by the shape itself, because only described messages are descended into.
/// Immutable.
/// </summary>
public sealed class MessageShape
{
    /// <summary>The greatest field number that a shape can describe; a table of that size is looked up without a search.</summary>
    public const int MaxDescribedNumber = 1023;

    /// <summary>
    /// How often a field that is not repeated may occur. The last occurrence counts, so once would do; a message that a lax encoder
    /// wrote by appending is still taken.
    /// </summary>
    public const int MaxSingular = 16;

    // Implementation limits: the counters of one message live on the stack, one level deeper each.
    private const int MaxDescribedFields = 64;
    private const int MaxLevels = 16;

    private readonly byte[] _slots;
    private readonly FieldShape[] _fields;

    /// <summary>Describes a message.</summary>
    /// <param name="maxEntries">
    /// The most fields that the whole message may have, nested and unknown ones included. It counts for the outermost shape only.
    /// </param>
    /// <param name="fields">The fields. What is not described is unknown: skipped, and counted to the entries.</param>
    public MessageShape(int maxEntries, params ReadOnlySpan<FieldShape> fields)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEntries, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fields.Length, MaxDescribedFields);
        MaxEntries = maxEntries;
        _fields = fields.ToArray();
        var greatest = 0;
        foreach (var field in _fields)
        {
            greatest = Math.Max(greatest, field.Number);
            Levels = Math.Max(Levels, field.Nested?.Levels ?? 0);
        }

        Levels++;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Levels, MaxLevels, nameof(fields));
        _slots = new byte[greatest + 1];
        for (var i = 0; i < _fields.Length; i++)
        {
            ref var slot = ref _slots[_fields[i].Number];
            if (slot != 0)
                throw new ArgumentException($"Field {_fields[i].Number} is described twice.", nameof(fields));
            slot = (byte)(i + 1);
        }
    }

    /// <summary>The most fields that the whole message may have.</summary>
    public int MaxEntries { get; }

    /// <summary>How many messages deep it goes, itself included.</summary>
    public int Levels { get; }

    /// <summary>The described fields.</summary>
    public IReadOnlyList<FieldShape> Fields => _fields;

    /// <summary>Number of described fields.</summary>
    internal int FieldCount => _fields.Length;

    /// <summary>The index of a field's description, or -1.</summary>
    internal int IndexOf(uint number) => number < (uint)_slots.Length ? _slots[number] - 1 : -1;

    /// <summary>The description at an index.</summary>
    internal FieldShape FieldAt(int index) => _fields[index];
}
