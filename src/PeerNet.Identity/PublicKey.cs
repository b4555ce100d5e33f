using System.Diagnostics.CodeAnalysis;
using PeerNet.Identity.Keys;

namespace PeerNet.Identity;

/// <summary>
/// The public half of an identity key (peer-ids specification, "Keys"). Immutable and safe to share between threads.
/// </summary>
public abstract class PublicKey : IEquatable<PublicKey>
{
    // Implementation limit: an 8192-bit RSA key takes 1,067 bytes, the rest is room for fields of tomorrow.
    internal const int MaxEncodedBytes = 4096;

    private readonly byte[] _encoded;
    private readonly int _rawOffset;
    private PeerId? _peerId;

    private protected PublicKey(KeyType type, ReadOnlySpan<byte> raw)
    {
        Type = type;
        _encoded = KeyMessage.Encode(type, raw, out _rawOffset);
    }

    /// <summary>The key's signature scheme.</summary>
    public KeyType Type { get; }

    /// <summary>
    /// The message's <c>Data</c> field: 32 bytes (Ed25519), a 33-byte compressed point (secp256k1) or a DER
    /// SubjectPublicKeyInfo (RSA, ECDSA), always in its canonical form.
    /// </summary>
    public ReadOnlyMemory<byte> Raw => _encoded.AsMemory(_rawOffset);

    /// <summary>
    /// The canonical <c>PublicKey</c> protobuf message, whatever spelling the key arrived in. Peer ids are made of these bytes.
    /// </summary>
    public ReadOnlyMemory<byte> Encoded => _encoded;

    /// <summary>The id of the peer that owns this key; computed once.</summary>
    public PeerId PeerId => _peerId ??= PeerId.FromPublicKey(this);

    /// <summary>
    /// Whether <paramref name="signature"/> over <paramref name="data"/> was made by this key. Anything malformed is false;
    /// the method never throws. ECDSA signatures must be strict DER, those of secp256k1 with low S.
    /// </summary>
    public abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    /// <summary>
    /// Reads a <c>PublicKey</c> message. Fields may come in any order and unknown ones are skipped; the result is canonical.
    /// On failure <paramref name="error"/> says what is wrong, in words for a log.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> protobuf,
        [NotNullWhen(true)] out PublicKey? key,
        [NotNullWhen(false)] out string? error)
    {
        key = null;
        if (protobuf.Length > MaxEncodedBytes)
        {
            error = $"a public key of {protobuf.Length} bytes is over the limit of {MaxEncodedBytes}";
            return false;
        }

        if (!KeyMessage.TryRead(protobuf, out var type, out var data, out error))
        {
            error ??= "the key is unreadable";
            return false;
        }

        key = type switch
        {
            KeyType.Rsa => RsaPublicKey.TryCreate(data, out error),
            KeyType.Ed25519 => Ed25519PublicKey.TryCreate(data, out error),
            KeyType.Secp256k1 => Secp256k1PublicKey.TryCreate(data, out error),
            _ => EcdsaPublicKey.TryCreate(data, out error),
        };
        if (key is not null)
            return true;
        error ??= "the key is unreadable";
        return false;
    }

    /// <inheritdoc/>
    public bool Equals(PublicKey? other) => other is not null && _encoded.AsSpan().SequenceEqual(other._encoded);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => PeerId.GetHashCode();

    /// <summary>The key type and the peer id.</summary>
    public override string ToString() => $"{Type} {PeerId}";
}
