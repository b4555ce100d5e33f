using System.Diagnostics.CodeAnalysis;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;

namespace PeerNet.Identity;

/// <summary>
/// An RSA public key for PSS signatures with SHA-256 and the longest salt that fits, which is Python's <c>PSS.MAX_LENGTH</c>. The platform
/// knows only salts of the digest's length. Unrelated to identities: those sign with PKCS#1. Immutable; thread-safe.
/// </summary>
public sealed class RsaPssKey : IEquatable<RsaPssKey>
{
    /// <summary>Implementation limit: below is breakable.</summary>
    public const int MinBits = 2048;

    /// <summary>Implementation limit: above is only a way to burn our time.</summary>
    public const int MaxBits = 8192;

    // Specification (RFC 8017 9.1.1): the encoded message holds the digest, the salt and two bytes.
    private const int DigestBytes = 32;
    private const int FixedBytes = 2;

    private readonly byte[] _modulus;
    private readonly byte[] _exponent;
    private readonly RsaKeyParameters _parameters;

    private RsaPssKey(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
    {
        _modulus = modulus.ToArray();
        _exponent = exponent.ToArray();
        _parameters = new RsaKeyParameters(false, new BigInteger(1, _modulus), new BigInteger(1, _exponent));
    }

    /// <summary>The modulus, big-endian, without leading zeros.</summary>
    public ReadOnlyMemory<byte> Modulus => _modulus;

    /// <summary>The exponent, big-endian, without leading zeros.</summary>
    public ReadOnlyMemory<byte> Exponent => _exponent;

    /// <summary>Makes a key of its two numbers, big-endian. False when no sane key has them; nothing is computed with those.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent, [NotNullWhen(true)] out RsaPssKey? key)
    {
        key = null;
        modulus = modulus.TrimStart((byte)0);
        exponent = exponent.TrimStart((byte)0);
        if (modulus.Length is < MinBits / 8 or > MaxBits / 8 || !byte.IsOddInteger(modulus[^1]))
            return false;
        if (exponent.Length is 0 or > sizeof(int) || !byte.IsOddInteger(exponent[^1]) || exponent is [1])
            return false;
        key = new RsaPssKey(modulus, exponent);
        return true;
    }

    /// <summary>Whether a signature is this key's, with exactly the longest salt.</summary>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != _modulus.Length)
            return false;
        try
        {
            var signer = CreateSigner(new RsaEngine(), _parameters.Modulus.BitLength);
            signer.Init(false, _parameters);
            signer.BlockUpdate(data);
            return signer.VerifySignature(signature.ToArray());
        }
        catch (Exception error) when (error is CryptoException or ArithmeticException or ArgumentException)
        {
            // A number that is none of this modulus.
            return false;
        }
    }

    /// <inheritdoc />
    public bool Equals(RsaPssKey? other) => other is not null && _modulus.AsSpan().SequenceEqual(other._modulus) && _exponent.AsSpan().SequenceEqual(other._exponent);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as RsaPssKey);

    /// <inheritdoc />
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_modulus);
        return hash.ToHashCode();
    }

    internal static PssSigner CreateSigner(IAsymmetricBlockCipher cipher, int bits)
    {
        var encodedBytes = (bits - 1 + 7) / 8;
        return new PssSigner(cipher, new Sha256Digest(), encodedBytes - DigestBytes - FixedBytes);
    }
}
