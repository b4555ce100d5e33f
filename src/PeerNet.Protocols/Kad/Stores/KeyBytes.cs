namespace PeerNet.Protocols.Kad.Stores;

/// <summary>A key as a dictionary takes it: equal when the bytes are. The hash is seeded per process, so that nobody can aim at it.</summary>
internal readonly struct KeyBytes(ReadOnlyMemory<byte> bytes) : IEquatable<KeyBytes>
{
    private readonly ReadOnlyMemory<byte> _bytes = bytes;

    public bool Equals(KeyBytes other) => _bytes.Span.SequenceEqual(other._bytes.Span);

    public override bool Equals(object? obj) => obj is KeyBytes other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes.Span);
        return hash.ToHashCode();
    }
}
