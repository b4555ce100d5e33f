using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>
/// Takes every value of its namespace; the greatest bytes are best, so that all nodes agree. Nothing binds such a value to who wrote it:
/// anybody may replace it. For networks of one's own, and for tests.
/// </summary>
/// <param name="scope">The namespace, without slashes.</param>
public sealed class AnyValueValidator(string scope) : IRecordValidator
{
    /// <inheritdoc />
    public string Namespace { get; } = scope;

    /// <inheritdoc />
    public bool TryValidate(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, DateTimeOffset now, [NotNullWhen(false)] out string? error)
    {
        error = null;
        return true;
    }

    /// <inheritdoc />
    public int Compare(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) => left.Span.SequenceCompareTo(right.Span);
}
