using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Security;

namespace PeerNet.Identity;

/// <summary>The private half of an <see cref="RsaPssKey"/>. Thread-safe. BouncyCastle keeps the numbers managed: they can be dropped, not wiped.</summary>
public sealed class RsaPssSigner
{
    private readonly RsaPrivateCrtKeyParameters _parameters;
    private readonly string _pem;

    private RsaPssSigner(RSA key)
    {
        var numbers = key.ExportParameters(true);
        if (!RsaPssKey.TryCreate(numbers.Modulus, numbers.Exponent, out var publicKey))
            throw new CryptographicException($"The RSA key is not between {RsaPssKey.MinBits} and {RsaPssKey.MaxBits} bits.");
        PublicKey = publicKey;
        _pem = key.ExportPkcs8PrivateKeyPem();
        _parameters = new RsaPrivateCrtKeyParameters(
            Number(numbers.Modulus), Number(numbers.Exponent), Number(numbers.D), Number(numbers.P), Number(numbers.Q), Number(numbers.DP), Number(numbers.DQ), Number(numbers.InverseQ));
    }

    /// <summary>The public half.</summary>
    public RsaPssKey PublicKey { get; }

    /// <summary>Makes a fresh key.</summary>
    public static RsaPssSigner Generate(int bits = RsaPssKey.MinBits)
    {
        using var key = RSA.Create(bits);
        return new RsaPssSigner(key);
    }

    /// <summary>Reads a private key in PEM, PKCS#1 or PKCS#8.</summary>
    /// <exception cref="ArgumentException">The text holds no private key.</exception>
    /// <exception cref="CryptographicException">The key is malformed or of a size that is not used.</exception>
    public static RsaPssSigner FromPem(ReadOnlySpan<char> pem)
    {
        using var key = RSA.Create();
        key.ImportFromPem(pem);
        return new RsaPssSigner(key);
    }

    /// <summary>The private key as PKCS#8 PEM, to be kept in a file that only its owner reads.</summary>
    public string ExportPem() => _pem;

    /// <summary>Signs some bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var signer = RsaPssKey.CreateSigner(new RsaBlindedEngine(), _parameters.Modulus.BitLength);
        signer.Init(true, new ParametersWithRandom(_parameters, new SecureRandom(new CryptoApiRandomGenerator())));
        signer.BlockUpdate(data);
        return signer.GenerateSignature();
    }

    private static BigInteger Number(byte[]? bytes) => new(1, bytes);
}
