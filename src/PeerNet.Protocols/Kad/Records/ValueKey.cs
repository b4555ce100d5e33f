using System.Text;

namespace PeerNet.Protocols.Kad.Records;

/// <summary>
/// The key of a value: <c>/namespace/rest</c>, where the rest is any bytes (kad-dht specification, "Entry validation"). Split at the first
/// two slashes only.
/// </summary>
public static class ValueKey
{
    private const byte Slash = (byte)'/';

    /// <summary>Splits a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="scope">The namespace, without slashes.</param>
    /// <param name="rest">What follows the second slash; may be empty.</param>
    /// <returns>False when there are no two slashes, the first at the front, or nothing between them.</returns>
    public static bool TrySplit(ReadOnlyMemory<byte> key, out string scope, out ReadOnlyMemory<byte> rest)
    {
        scope = "";
        rest = default;
        var span = key.Span;
        if (span.IsEmpty || span[0] != Slash)
            return false;
        var end = span[1..].IndexOf(Slash);
        if (end <= 0)
            return false;
        scope = Encoding.UTF8.GetString(span.Slice(1, end));
        rest = key[(end + 2)..];
        return true;
    }

    /// <summary>Makes a key.</summary>
    /// <exception cref="ArgumentException">The namespace is empty or has a slash.</exception>
    public static byte[] Create(string scope, ReadOnlySpan<byte> rest)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        if (scope.Contains('/', StringComparison.Ordinal))
            throw new ArgumentException("A namespace has no slash.", nameof(scope));
        var name = Encoding.UTF8.GetBytes(scope);
        return [Slash, .. name, Slash, .. rest];
    }
}
