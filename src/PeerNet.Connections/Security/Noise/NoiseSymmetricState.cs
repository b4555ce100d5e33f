using System.Buffers.Binary;
using System.Security.Cryptography;
using PeerNet.Identity.Primitives;

namespace PeerNet.Connections.Security.Noise;

/// <summary>
/// The running hash, chaining key and cipher key of a Noise handshake (Noise revision 34, section 5.2, with SHA256 and ChaChaPoly).
/// All of it lies in memory that the caller lends and wipes.
/// </summary>
internal ref struct NoiseSymmetricState(Span<byte> memory)
{
    public const int HashBytes = 32;
    public const int KeyBytes = 32;
    public const int TagBytes = 16;

    /// <summary>Hash, chaining key, cipher key, message counter, whether there is a cipher key.</summary>
    public const int StateBytes = (3 * HashBytes) + sizeof(ulong) + 1;

    private readonly Span<byte> _hash = memory[..HashBytes];
    private readonly Span<byte> _chainingKey = memory.Slice(HashBytes, HashBytes);
    private readonly Span<byte> _key = memory.Slice(2 * HashBytes, KeyBytes);
    private readonly Span<byte> _nonce = memory.Slice(3 * HashBytes, sizeof(ulong));
    private readonly Span<byte> _hasKey = memory.Slice((3 * HashBytes) + sizeof(ulong), 1);

    /// <summary>The hash over everything that both ends have seen.</summary>
    public readonly ReadOnlySpan<byte> Hash => _hash;

    private static ReadOnlySpan<byte> ProtocolName => "Noise_XX_25519_ChaChaPoly_SHA256"u8;

    /// <summary>Starts a handshake. The protocol's name is exactly one hash long, so it is the first hash as it stands.</summary>
    public readonly void Initialize(ReadOnlySpan<byte> prologue)
    {
        ProtocolName.CopyTo(_hash);
        _hash.CopyTo(_chainingKey);
        _hasKey[0] = 0;
        MixHash(prologue);
    }

    public readonly void MixHash(ReadOnlySpan<byte> data)
    {
        // Nearly every message fits; a hash object of its own would cost more than the copy.
        const int stackBytes = 1024;
        if (data.Length <= stackBytes - HashBytes)
        {
            Span<byte> joined = stackalloc byte[stackBytes];
            _hash.CopyTo(joined);
            data.CopyTo(joined[HashBytes..]);
            SHA256.HashData(joined[..(HashBytes + data.Length)], _hash);
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_hash);
        hash.AppendData(data);
        hash.GetHashAndReset(_hash);
    }

    public readonly void MixKey(ReadOnlySpan<byte> secret)
    {
        Span<byte> output = stackalloc byte[HashBytes + KeyBytes];
        Expand(secret, output);
        output[..HashBytes].CopyTo(_chainingKey);
        output[HashBytes..].CopyTo(_key);
        _nonce.Clear();
        _hasKey[0] = 1;
        CryptographicOperations.ZeroMemory(output);
    }

    /// <summary>Encrypts in place; the tag goes behind the data. Without a key yet, nothing is encrypted and there is no tag.</summary>
    /// <returns>Length of the result.</returns>
    public readonly int EncryptAndHash(Span<byte> data, int length)
    {
        var written = length;
        if (_hasKey[0] != 0)
        {
            written += TagBytes;
            SodiumChaCha20Poly1305.Encrypt(_key, NextNonce(stackalloc byte[SodiumChaCha20Poly1305.NonceBytes]), _hash, data[..length], data.Slice(length, TagBytes));
        }

        MixHash(data[..written]);
        return written;
    }

    /// <summary>Decrypts in place. False when the tag does not verify.</summary>
    /// <returns>Whether it verified; then <paramref name="plaintext"/> is the front part of <paramref name="data"/>.</returns>
    public readonly bool TryDecryptAndHash(Span<byte> data, out Span<byte> plaintext)
    {
        plaintext = data;
        if (_hasKey[0] == 0)
        {
            MixHash(data);
            return true;
        }

        plaintext = default;
        if (data.Length < TagBytes)
            return false;

        // The hash is over the ciphertext, which decryption in place destroys; the old one is the associated data.
        Span<byte> associated = stackalloc byte[HashBytes];
        _hash.CopyTo(associated);
        MixHash(data);
        plaintext = data[..^TagBytes];
        return SodiumChaCha20Poly1305.TryDecrypt(_key, NextNonce(stackalloc byte[SodiumChaCha20Poly1305.NonceBytes]), associated, plaintext, data[^TagBytes..]);
    }

    /// <summary>The two transport keys: the initiator's sending key first.</summary>
    public readonly void Split(Span<byte> initiatorKey, Span<byte> responderKey)
    {
        Span<byte> output = stackalloc byte[2 * KeyBytes];
        Expand([], output);
        output[..KeyBytes].CopyTo(initiatorKey);
        output[KeyBytes..].CopyTo(responderKey);
        CryptographicOperations.ZeroMemory(output);
    }

    /// <summary>Noise's HKDF with two outputs (section 4.3), written out: OpenSSL's refuses the empty secret that ends a handshake.</summary>
    private readonly void Expand(ReadOnlySpan<byte> secret, Span<byte> output)
    {
        Span<byte> extracted = stackalloc byte[HashBytes];
        Span<byte> second = stackalloc byte[HashBytes + 1];
        HMACSHA256.HashData(_chainingKey, secret, extracted);
        HMACSHA256.HashData(extracted, [1], output);
        output[..HashBytes].CopyTo(second);
        second[HashBytes] = 2;
        HMACSHA256.HashData(extracted, second, output[HashBytes..]);
        CryptographicOperations.ZeroMemory(extracted);
        CryptographicOperations.ZeroMemory(second);
    }

    private readonly ReadOnlySpan<byte> NextNonce(Span<byte> nonce)
    {
        var counter = BinaryPrimitives.ReadUInt64LittleEndian(_nonce);
        nonce.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[^sizeof(ulong)..], counter);
        BinaryPrimitives.WriteUInt64LittleEndian(_nonce, counter + 1);
        return nonce;
    }
}
