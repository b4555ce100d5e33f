using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using PeerNet.Identity.Keys;
using PeerNet.Multiformats;

namespace PeerNet.Identity;

/// <summary>
/// The name of a peer: a multihash of its public key (peer-ids specification, "Peer IDs"). Small keys (Ed25519,
/// secp256k1) are contained whole, larger ones are hashed with SHA-256. Every accepted spelling becomes the same bytes,
/// so equality is equality of peers. Immutable.
/// </summary>
public sealed partial class PeerId : IEquatable<PeerId>, IComparable<PeerId>, IParsable<PeerId>
{
    // Specification: keys whose message is longer are hashed ("Peer IDs").
    internal const int MaxContainedKeyBytes = 42;

    private const byte IdentityCode = 0x00;
    private const byte Sha256Code = 0x12;
    private const int HeaderBytes = 2;
    private const int HashedIdBytes = HeaderBytes + SHA256.HashSizeInBytes;

    private readonly byte[] _bytes;
    private readonly int _hashCode;
    private PublicKey? _publicKey;
    private string? _text;

    private PeerId(byte[] bytes)
    {
        _bytes = bytes;
        // Ids are chosen by peers, so the hash goes over all bytes and depends on a seed of this process.
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        _hashCode = hash.ToHashCode();
    }

    /// <summary>The multihash: 34 bytes for hashed keys, 38 for Ed25519, 39 for secp256k1.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    private bool ContainsKey => _bytes[0] == IdentityCode;

    /// <summary>The id of the peer that owns <paramref name="key"/>.</summary>
    public static PeerId FromPublicKey(PublicKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var encoded = key.Encoded.Span;
        if (encoded.Length > MaxContainedKeyBytes)
        {
            var hashed = new byte[HashedIdBytes];
            hashed[0] = Sha256Code;
            hashed[1] = SHA256.HashSizeInBytes;
            SHA256.HashData(encoded, hashed.AsSpan(HeaderBytes));
            return new PeerId(hashed);
        }

        return new PeerId(Contain(encoded)) { _publicKey = key };
    }

    /// <summary>Reads an id from its multihash, as messages and <c>/p2p</c> components carry it.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> multihash, [NotNullWhen(true)] out PeerId? id) => TryDecode(multihash, out id, out _);

    /// <summary>Like the shorter overload; <paramref name="error"/> says what is wrong, in words for a log.</summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> multihash,
        [NotNullWhen(true)] out PeerId? id,
        [NotNullWhen(false)] out string? error)
    {
        id = null;
        error = null;
        // Both codes and every permitted length are one-byte varints, which leaves one spelling of the header.
        if (multihash.Length < HeaderBytes || multihash[1] != multihash.Length - HeaderBytes)
            error = "a peer id is a multihash with a one-byte code and a length that fits";
        else if (multihash[0] == Sha256Code)
            error = multihash.Length == HashedIdBytes ? null : "a SHA-256 peer id has a digest of 32 bytes";
        else if (multihash[0] != IdentityCode)
            error = $"multihash code 0x{multihash[0]:x2} is not used by peer ids";
        else if (multihash.Length - HeaderBytes > MaxContainedKeyBytes)
            error = $"a key of more than {MaxContainedKeyBytes} bytes is hashed, not contained in the id";
        if (error is not null)
            return false;

        var bytes = multihash[0] == Sha256Code ? multihash.ToArray() : Canonicalize(multihash[HeaderBytes..], out error);
        if (bytes is null)
        {
            error ??= "the key inside the peer id is unreadable";
            return false;
        }

        id = new PeerId(bytes);
        return true;
    }

    /// <summary>
    /// The key contained in the id. False for hashed ids, and for contained bytes that turn out to be no point of their curve;
    /// nobody can authenticate as such a peer.
    /// </summary>
    public bool TryGetPublicKey([NotNullWhen(true)] out PublicKey? key)
    {
        if (_publicKey is null && ContainsKey && PublicKey.TryDecode(_bytes.AsSpan(HeaderBytes), out var decoded, out _))
            _publicKey = decoded;
        key = _publicKey;
        return key is not null;
    }

    /// <inheritdoc/>
    public bool Equals(PeerId? other)
        => ReferenceEquals(this, other)
            || (other is not null && _hashCode == other._hashCode && _bytes.AsSpan().SequenceEqual(other._bytes));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PeerId);

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;

    /// <summary>Orders by the multihash bytes; only meant to make lists stable.</summary>
    public int CompareTo(PeerId? other) => other is null ? 1 : _bytes.AsSpan().SequenceCompareTo(other._bytes);

    /// <summary>Whether both are the same peer.</summary>
    public static bool operator ==(PeerId? left, PeerId? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the two are different peers.</summary>
    public static bool operator !=(PeerId? left, PeerId? right) => !(left == right);

    /// <summary>Byte order; see <see cref="CompareTo"/>.</summary>
    public static bool operator <(PeerId? left, PeerId? right) => Comparer<PeerId>.Default.Compare(left, right) < 0;

    /// <summary>Byte order; see <see cref="CompareTo"/>.</summary>
    public static bool operator <=(PeerId? left, PeerId? right) => Comparer<PeerId>.Default.Compare(left, right) <= 0;

    /// <summary>Byte order; see <see cref="CompareTo"/>.</summary>
    public static bool operator >(PeerId? left, PeerId? right) => Comparer<PeerId>.Default.Compare(left, right) > 0;

    /// <summary>Byte order; see <see cref="CompareTo"/>.</summary>
    public static bool operator >=(PeerId? left, PeerId? right) => Comparer<PeerId>.Default.Compare(left, right) >= 0;

    /// <summary>
    /// Checks the shape of the contained key and brings it into its one spelling. Whether the bytes are a point of
    /// the curve is left to <see cref="TryGetPublicKey"/>: routing tables read thousands of ids and verify with few.
    /// </summary>
    private static byte[]? Canonicalize(ReadOnlySpan<byte> contained, out string? error)
    {
        if (!KeyMessage.TryRead(contained, out var type, out var data, out error))
            return null;

        var isKey = type switch
        {
            KeyType.Ed25519 => data.Length == Ed25519PublicKey.RawBytes,
            KeyType.Secp256k1 => data.Length == Secp256k1Curve.CompressedBytes && data[0] is 2 or 3,
            _ => false,
        };
        if (isKey)
            return Contain(KeyMessage.Encode(type, data, out _));

        error = $"the peer id contains {data.Length} bytes that are no {type} key";
        return null;
    }

    private static byte[] Contain(ReadOnlySpan<byte> encodedKey)
    {
        var bytes = new byte[HeaderBytes + encodedKey.Length];
        bytes[0] = IdentityCode;
        bytes[1] = (byte)encodedKey.Length;
        encodedKey.CopyTo(bytes.AsSpan(HeaderBytes));
        return bytes;
    }
}
