using System.Numerics;
using System.Security.Cryptography;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>
/// An RSA public key: DER SubjectPublicKeyInfo. The modulus is measured before any arithmetic, because the time of a
/// verification grows with the square of a size that the peer chose.
/// </summary>
internal sealed class RsaPublicKey : PublicKey
{
    // The bounds of go-libp2p: below is breakable, above is only a way to burn our time.
    public const int MinBits = 2048;
    public const int MaxBits = 8192;

    private readonly Lock _platformKeyUse = new();
    private readonly byte[] _modulus;
    private readonly byte[]? _exponent;
    private RSA? _platformKey;

    private RsaPublicKey(ReadOnlySpan<byte> subjectPublicKeyInfo, ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
        : base(KeyType.Rsa, subjectPublicKeyInfo)
    {
        _modulus = modulus.ToArray();
        _exponent = CanVerify(modulus, exponent) ? exponent.ToArray() : null;
    }

    /// <summary>
    /// Reads <c>SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { n, e } } }</c>. The reader takes only
    /// one spelling of a key, so what it accepts is canonical already.
    /// </summary>
    public static RsaPublicKey? TryCreate(ReadOnlySpan<byte> raw, out string? error)
    {
        if (!SubjectPublicKeyInfo.TryReadRsa(raw, out var modulus, out var exponent))
        {
            error = "the RSA key is no DER SubjectPublicKeyInfo of an RSA key";
            return null;
        }

        error = DescribeSize(modulus);
        return error is null ? new RsaPublicKey(raw, modulus, exponent) : null;
    }

    public static string? DescribeSize(ReadOnlySpan<byte> modulus)
    {
        var bits = modulus.IsEmpty ? 0 : (8 * modulus.Length) - BitOperations.LeadingZeroCount((uint)modulus[0]) + 24;
        return bits is >= MinBits and <= MaxBits ? null : $"an RSA key of {bits} bits is not between {MinBits} and {MaxBits}";
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (_exponent is null || signature.Length != _modulus.Length)
            return false;

        try
        {
            // The platform does not promise that one key object serves two threads.
            lock (_platformKeyUse)
            {
                _platformKey ??= RSA.Create(new RSAParameters { Modulus = _modulus, Exponent = _exponent });
                return _platformKey.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>
    /// Go, Rust and JavaScript read keys with exponents that they never verify with; so do we, and the peer id exists.
    /// With e = 1 every padded message would be its own signature, an even e or n is no RSA key, and beyond 31 bits lies only cost.
    /// </summary>
    private static bool CanVerify(ReadOnlySpan<byte> modulus, ReadOnlySpan<byte> exponent)
    {
        if (exponent.Length is 0 or > sizeof(int))
            return false;

        uint value = 0;
        foreach (var b in exponent)
            value = (value << 8) | b;
        return value is >= 3 and <= int.MaxValue && uint.IsOddInteger(value) && byte.IsOddInteger(modulus[^1]);
    }
}
