using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC.Multiplier;

namespace PeerNet.Identity.Keys;

/// <summary>
/// A secp256k1 private key; data = the 32-byte scalar, big endian. Nonces are deterministic (RFC 6979), so equal input
/// gives the signature that Go and Rust give. BouncyCastle keeps the scalar in a managed number, which can be dropped but not wiped.
/// </summary>
internal sealed class Secp256k1PrivateKey : PrivateKey
{
    private ECPrivateKeyParameters? _parameters;

    private Secp256k1PrivateKey(BigInteger scalar)
        : base(Secp256k1PublicKey.FromPoint(new FixedPointCombMultiplier().Multiply(Secp256k1Curve.Domain.G, scalar).Normalize()))
        => _parameters = new ECPrivateKeyParameters(scalar, Secp256k1Curve.Domain);

    private ECPrivateKeyParameters Parameters
    {
        get
        {
            var parameters = _parameters;
            ObjectDisposedException.ThrowIf(parameters is null, this);
            return parameters;
        }
    }

    public static Secp256k1PrivateKey Generate()
    {
        Span<byte> scalar = stackalloc byte[Secp256k1Curve.ScalarBytes];
        try
        {
            // One random draw in 2^127 is out of range and is drawn again.
            while (true)
            {
                RandomNumberGenerator.Fill(scalar);
                if (TryCreate(scalar, out _) is { } key)
                    return key;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    public static Secp256k1PrivateKey? TryCreate(ReadOnlySpan<byte> data, out string? error)
    {
        if (data.Length != Secp256k1Curve.ScalarBytes)
        {
            error = $"a secp256k1 private key has {Secp256k1Curve.ScalarBytes} bytes, not {data.Length}";
            return null;
        }

        var scalar = new BigInteger(1, data);
        if (scalar.SignValue == 0 || scalar.CompareTo(Secp256k1Curve.Domain.N) >= 0)
        {
            // Go reduces such a scalar, so two files would be one key; Rust and JavaScript refuse it, and so do we.
            error = "the secp256k1 scalar is zero or not below the order of the curve";
            return null;
        }

        error = null;
        return new Secp256k1PrivateKey(scalar);
    }

    public override byte[] Sign(ReadOnlySpan<byte> data)
    {
        var signer = new ECDsaSigner(new HMacDsaKCalculator(new Sha256Digest()));
        signer.Init(forSigning: true, Parameters);
        var numbers = signer.GenerateSignature(SHA256.HashData(data));
        var s = numbers[1].CompareTo(Secp256k1Curve.HalfOrder) > 0 ? Secp256k1Curve.Domain.N.Subtract(numbers[1]) : numbers[1];

        Span<byte> fixedForm = stackalloc byte[2 * Secp256k1Curve.ScalarBytes];
        WriteScalar(numbers[0], fixedForm[..Secp256k1Curve.ScalarBytes]);
        WriteScalar(s, fixedForm[Secp256k1Curve.ScalarBytes..]);
        return EcdsaSignature.Write(fixedForm);
    }

    internal override byte[] ExportData()
    {
        var data = new byte[Secp256k1Curve.ScalarBytes];
        WriteScalar(Parameters.D, data);
        return data;
    }

    protected override void Dispose(bool disposing) => _parameters = null;

    private static void WriteScalar(BigInteger number, Span<byte> destination)
    {
        destination.Clear();
        var length = number.GetLengthofByteArrayUnsigned();
        number.ToByteArrayUnsigned(destination[(destination.Length - length)..]);
    }
}
