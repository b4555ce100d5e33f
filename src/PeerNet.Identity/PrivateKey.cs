using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using PeerNet.Identity.Keys;

namespace PeerNet.Identity;

/// <summary>
/// An identity key that can sign. Signing is safe from several threads. Disposing wipes or releases the secret;
/// afterwards <see cref="Sign"/> and <see cref="Encode"/> throw <see cref="ObjectDisposedException"/>.
/// </summary>
public abstract class PrivateKey : IDisposable
{
    // Implementation limit: an 8192-bit RSA key takes 4,657 bytes.
    internal const int MaxEncodedBytes = 16 * 1024;

    private protected PrivateKey(PublicKey publicKey) => PublicKey = publicKey;

    /// <summary>The key's signature scheme.</summary>
    public KeyType Type => PublicKey.Type;

    /// <summary>The public half.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>The id of the peer that owns this key.</summary>
    public PeerId PeerId => PublicKey.PeerId;

    /// <summary>Signs <paramref name="data"/> by the scheme of <see cref="Type"/>. ECDSA signatures are DER, those of secp256k1 low-S.</summary>
    public abstract byte[] Sign(ReadOnlySpan<byte> data);

    /// <summary>
    /// The <c>PrivateKey</c> protobuf message: what go, Kubo and Hivemind keep in their key files.
    /// The caller owns the array and should clear it when it is done.
    /// </summary>
    public byte[] Encode()
    {
        var data = ExportData();
        try
        {
            return KeyMessage.Encode(Type, data, out _);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(data);
        }
    }

    /// <summary>
    /// Makes a new key. <paramref name="rsaBits"/> counts only for RSA and must be a multiple of 8 between
    /// 2048 and 8192; ECDSA keys are on P-256.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Unknown type or RSA size out of range.</exception>
    public static PrivateKey Generate(KeyType type = KeyType.Ed25519, int rsaBits = 2048) => type switch
    {
        KeyType.Ed25519 => Ed25519PrivateKey.Generate(),
        KeyType.Rsa => RsaPrivateKey.Generate(rsaBits),
        KeyType.Secp256k1 => Secp256k1PrivateKey.Generate(),
        KeyType.Ecdsa => EcdsaPrivateKey.Generate(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown key type"),
    };

    /// <summary>The Ed25519 key that a 32-byte seed determines (RFC 8032, section 5.1.5).</summary>
    /// <exception cref="ArgumentException">The seed is not 32 bytes.</exception>
    public static PrivateKey FromEd25519Seed(ReadOnlySpan<byte> seed) => Ed25519PrivateKey.FromSeed(seed);

    /// <summary>
    /// Reads a <c>PrivateKey</c> message, including Ed25519's older 96-byte form. Halves that do not belong together are refused.
    /// </summary>
    public static bool TryDecode(
        ReadOnlySpan<byte> protobuf,
        [NotNullWhen(true)] out PrivateKey? key,
        [NotNullWhen(false)] out string? error)
    {
        key = null;
        if (protobuf.Length > MaxEncodedBytes)
        {
            error = $"a private key of {protobuf.Length} bytes is over the limit of {MaxEncodedBytes}";
            return false;
        }

        if (!KeyMessage.TryRead(protobuf, out var type, out var data, out error))
        {
            error ??= "the key is unreadable";
            return false;
        }

        key = type switch
        {
            KeyType.Rsa => RsaPrivateKey.TryCreate(data, out error),
            KeyType.Ed25519 => Ed25519PrivateKey.TryCreate(data, out error),
            KeyType.Secp256k1 => Secp256k1PrivateKey.TryCreate(data, out error),
            _ => EcdsaPrivateKey.TryCreate(data, out error),
        };
        if (key is not null)
            return true;
        error ??= "the key is unreadable";
        return false;
    }

    /// <summary>Like <see cref="TryDecode"/>, for callers to whom a bad key is an error.</summary>
    /// <exception cref="FormatException">The bytes are no private key; the message says why.</exception>
    public static PrivateKey Decode(ReadOnlySpan<byte> protobuf)
        => TryDecode(protobuf, out var key, out var error) ? key : throw new FormatException(error);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The key type and the peer id; never the secret.</summary>
    public override string ToString() => $"{Type} private key of {PeerId}";

    /// <summary>The message's <c>Data</c> field in a fresh array that the caller clears.</summary>
    internal abstract byte[] ExportData();

    /// <summary>Releases the secret.</summary>
    /// <param name="disposing">False when called by a finalizer.</param>
    protected abstract void Dispose(bool disposing);
}
