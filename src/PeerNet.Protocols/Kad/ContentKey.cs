using System.Diagnostics.CodeAnalysis;
using System.Text;
using PeerNet.Multiformats;

namespace PeerNet.Protocols.Kad;

/// <summary>
/// The key under which providers of some content are found: the content's multihash, whatever version and codec its CID has. Networks that
/// use other bytes as keys are served too. Immutable.
/// </summary>
public readonly struct ContentKey : IEquatable<ContentKey>
{
    private readonly ReadOnlyMemory<byte> _bytes;

    private ContentKey(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>The bytes that messages carry.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The point of the key space.</summary>
    public KadKey Key => KadKey.Of(_bytes.Span);

    /// <summary>The key of a CID.</summary>
    public static ContentKey FromCid(Cid cid)
    {
        ArgumentNullException.ThrowIfNull(cid);
        return FromMultihash(cid.Hash);
    }

    /// <summary>The key of a multihash.</summary>
    /// <exception cref="ArgumentException">It is empty, or longer than a key may be.</exception>
    public static ContentKey FromMultihash(Multihash hash) => FromBytes(hash.Bytes);

    /// <summary>The key of a text: of the CID that a block with the text's UTF-8 bytes would have.</summary>
    public static ContentKey FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FromMultihash(CidOf(text).Hash);
    }

    /// <summary>The CID of a text: version 1, raw, SHA-256 of the UTF-8 bytes.</summary>
    public static Cid CidOf(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Cid.CreateV1(Multicodec.Raw, Multihash.Sha256(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>Bytes as they are, for networks whose keys are no multihashes.</summary>
    /// <exception cref="ArgumentException">There are none, or more than a key may have.</exception>
    public static ContentKey FromBytes(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length is 0 or > KadProtocol.MaxProviderKeyBytes)
            throw new ArgumentException($"A content key has 1 to {KadProtocol.MaxProviderKeyBytes} bytes, not {bytes.Length}.", nameof(bytes));
        return new ContentKey(bytes);
    }

    /// <summary>Reads a CID in any base, or a multihash in base 58.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ContentKey key)
    {
        key = default;
        if (text is null)
            return false;
        if (Cid.TryParse(text, out var cid) && cid.Hash.Bytes.Length <= KadProtocol.MaxProviderKeyBytes)
        {
            key = FromCid(cid);
            return true;
        }

        if (!Base58Btc.TryDecode(text, out var bytes) || !Multihash.TryDecode(bytes, out var hash) || hash.Bytes.Length > KadProtocol.MaxProviderKeyBytes)
            return false;
        key = FromMultihash(hash);
        return true;
    }

    /// <inheritdoc />
    public bool Equals(ContentKey other) => _bytes.Span.SequenceEqual(other._bytes.Span);

    /// <inheritdoc />
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is ContentKey other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes.Span);
        return hash.ToHashCode();
    }

    /// <summary>The multihash in base 58, or the bytes when they are none.</summary>
    public override string ToString() => Base58Btc.Encode(_bytes.Span);

    /// <summary>Compares the bytes.</summary>
    public static bool operator ==(ContentKey left, ContentKey right) => left.Equals(right);

    /// <summary>Compares the bytes.</summary>
    public static bool operator !=(ContentKey left, ContentKey right) => !left.Equals(right);
}
