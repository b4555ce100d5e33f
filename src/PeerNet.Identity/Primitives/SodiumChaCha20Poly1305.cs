using System.Runtime.InteropServices;

namespace PeerNet.Identity.Primitives;

/// <summary>
/// ChaCha20-Poly1305 (RFC 8439) by libsodium, in one call without an object: cheaper than the platform's for short messages and for keys
/// that are used once, and there where the platform has none. In-place; thread-safe.
/// </summary>
public static partial class SodiumChaCha20Poly1305
{
    /// <summary>Length of a key.</summary>
    public const int KeyBytes = 32;

    /// <summary>Length of a nonce.</summary>
    public const int NonceBytes = 12;

    /// <summary>Length of a tag.</summary>
    public const int TagBytes = 16;

    /// <summary>Encrypts <paramref name="data"/> in place and writes its tag.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag)
    {
        Check(key, nonce, tag);
        Sodium.Initialize();
        _ = EncryptDetached(data, tag, out _, data, (ulong)data.Length, associatedData, (ulong)associatedData.Length, 0, nonce, key);
    }

    /// <summary>Decrypts <paramref name="data"/> in place. False, with the data wiped, when the tag does not verify.</summary>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public static bool TryDecrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
    {
        Check(key, nonce, tag);
        Sodium.Initialize();
        if (DecryptDetached(data, 0, data, (ulong)data.Length, tag, associatedData, (ulong)associatedData.Length, nonce, key) == 0)
            return true;
        data.Clear();
        return false;
    }

    private static void Check(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> tag)
    {
        if (key.Length != KeyBytes || nonce.Length != NonceBytes || tag.Length != TagBytes)
            throw new ArgumentException($"ChaCha20-Poly1305 takes a key of {KeyBytes}, a nonce of {NonceBytes} and a tag of {TagBytes} bytes.");
    }

    [LibraryImport(Sodium.Library, EntryPoint = "crypto_aead_chacha20poly1305_ietf_encrypt_detached")]
    private static partial int EncryptDetached(
        Span<byte> ciphertext,
        Span<byte> tag,
        out ulong tagBytes,
        ReadOnlySpan<byte> message,
        ulong messageBytes,
        ReadOnlySpan<byte> associatedData,
        ulong associatedDataBytes,
        nint secretNonce,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> key);

    [LibraryImport(Sodium.Library, EntryPoint = "crypto_aead_chacha20poly1305_ietf_decrypt_detached")]
    private static partial int DecryptDetached(
        Span<byte> message,
        nint secretNonce,
        ReadOnlySpan<byte> ciphertext,
        ulong ciphertextBytes,
        ReadOnlySpan<byte> tag,
        ReadOnlySpan<byte> associatedData,
        ulong associatedDataBytes,
        ReadOnlySpan<byte> nonce,
        ReadOnlySpan<byte> key);
}
