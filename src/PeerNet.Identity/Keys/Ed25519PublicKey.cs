using NSec.Cryptography;
using NSecPublicKey = NSec.Cryptography.PublicKey;

namespace PeerNet.Identity.Keys;

/// <summary>
/// An Ed25519 public key. Any 32 bytes are accepted, as in Go and JavaScript: what is no point, or a point of small
/// order, simply verifies nothing, because libsodium refuses such keys and non-canonical signatures.
/// </summary>
internal sealed class Ed25519PublicKey : PublicKey
{
    public const int RawBytes = 32;
    public const int SignatureBytes = 64;

    // Null where libsodium does not take the bytes as a key; such a key verifies nothing.
    private readonly NSecPublicKey? _imported;

    private Ed25519PublicKey(ReadOnlySpan<byte> raw)
        : base(KeyType.Ed25519, raw)
    {
        NSecPublicKey.TryImport(SignatureAlgorithm.Ed25519, raw, KeyBlobFormat.RawPublicKey, out _imported);
    }

    public static Ed25519PublicKey? TryCreate(ReadOnlySpan<byte> raw, out string? error)
    {
        if (raw.Length != RawBytes)
        {
            error = $"an Ed25519 public key has {RawBytes} bytes, not {raw.Length}";
            return null;
        }

        error = null;
        return new Ed25519PublicKey(raw);
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
        => _imported is not null
            && signature.Length == SignatureBytes
            && SignatureAlgorithm.Ed25519.Verify(_imported, data, signature);
}
