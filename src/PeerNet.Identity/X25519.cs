using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace PeerNet.Identity;

/// <summary>
/// Diffie-Hellman over Curve25519 (RFC 7748) for the Noise handshake. Calls the libsodium that NSec.Cryptography brings,
/// over plain spans: NSec's own key objects put every key into guarded memory, which costs more than the curve arithmetic
/// and is worth it only for keys that live long. Thread-safe. The caller owns the private key's memory and clears it.
/// </summary>
public static partial class X25519
{
    /// <summary>Length of private keys, public keys and shared secrets.</summary>
    public const int KeyBytes = 32;

    private const string Library = "libsodium";

    static X25519()
    {
        // Zero: initialised now; one: somebody, such as NSec, was earlier. Chooses the fastest code for this processor.
        if (Initialize() < 0)
            throw new CryptographicException("libsodium could not be initialised");
    }

    /// <summary>Fills both spans with a fresh key pair.</summary>
    /// <exception cref="ArgumentException">A span is not 32 bytes long.</exception>
    public static void GenerateKeyPair(Span<byte> privateKey, Span<byte> publicKey)
    {
        CheckLength(privateKey.Length, nameof(privateKey));
        RandomNumberGenerator.Fill(privateKey);
        DerivePublicKey(privateKey, publicKey);
    }

    /// <summary>Computes the public key of a private key; any 32 bytes are one.</summary>
    /// <exception cref="ArgumentException">A span is not 32 bytes long.</exception>
    public static void DerivePublicKey(ReadOnlySpan<byte> privateKey, Span<byte> publicKey)
    {
        CheckLength(privateKey.Length, nameof(privateKey));
        CheckLength(publicKey.Length, nameof(publicKey));
        _ = ScalarMultiplyBase(publicKey, privateKey);
    }

    /// <summary>
    /// Computes the shared secret. False when the peer's key is not 32 bytes or is one of the few points that make
    /// the secret all zero whatever our key is (RFC 7748, section 6.1); <paramref name="sharedSecret"/> is then cleared.
    /// </summary>
    /// <exception cref="ArgumentException">Our key or the destination is not 32 bytes long.</exception>
    public static bool TryAgree(ReadOnlySpan<byte> privateKey, ReadOnlySpan<byte> peerPublicKey, Span<byte> sharedSecret)
    {
        CheckLength(privateKey.Length, nameof(privateKey));
        CheckLength(sharedSecret.Length, nameof(sharedSecret));
        if (peerPublicKey.Length == KeyBytes && ScalarMultiply(sharedSecret, privateKey, peerPublicKey) == 0)
            return true;

        sharedSecret.Clear();
        return false;
    }

    private static void CheckLength(int length, string name)
    {
        if (length != KeyBytes)
            throw new ArgumentException($"X25519 works on {KeyBytes} bytes, not {length}", name);
    }

    [LibraryImport(Library, EntryPoint = "sodium_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519_base")]
    private static partial int ScalarMultiplyBase(Span<byte> result, ReadOnlySpan<byte> scalar);

    // Answers -1 for an all-zero result.
    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_curve25519")]
    private static partial int ScalarMultiply(Span<byte> result, ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> point);
}
