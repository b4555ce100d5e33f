using System.Diagnostics.CodeAnalysis;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>
/// Decides about the values of one namespace: which are good, and which of several is best. Pure, and called for every copy that peers
/// send: it never throws on their bytes. Thread-safe.
/// </summary>
public interface IRecordValidator
{
    /// <summary>The namespace: what stands between the first two slashes of the key.</summary>
    string Namespace { get; }

    /// <summary>Whether a value is good for a key at a time. Called before storing, before passing on and for every received copy.</summary>
    /// <param name="key">The whole key, namespace included.</param>
    /// <param name="value">The value.</param>
    /// <param name="now">The time, for values that end.</param>
    /// <param name="error">What is wrong, for a person.</param>
    bool TryValidate(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value, DateTimeOffset now, [NotNullWhen(false)] out string? error);

    /// <summary>Compares two good values of one key: positive when <paramref name="left"/> is better, negative when it is worse, 0 when neither.</summary>
    int Compare(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right);
}
