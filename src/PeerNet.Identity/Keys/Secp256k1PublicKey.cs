using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using ECPoint = Org.BouncyCastle.Math.EC.ECPoint;

namespace PeerNet.Identity.Keys;

/// <summary>
/// A secp256k1 public key. The uncompressed point is accepted; the key, and so the peer id, is that of the compressed one.
/// </summary>
internal sealed class Secp256k1PublicKey : PublicKey
{
    private readonly ECPublicKeyParameters _parameters;

    private Secp256k1PublicKey(ECPoint point)
        : base(KeyType.Secp256k1, point.GetEncoded(compressed: true))
        => _parameters = new ECPublicKeyParameters(point, Secp256k1Curve.Domain);

    public static Secp256k1PublicKey FromPoint(ECPoint point) => new(point);

    public static Secp256k1PublicKey? TryCreate(ReadOnlySpan<byte> raw, out string? error)
    {
        if (Secp256k1Curve.TryDecodePoint(raw, out var point))
        {
            error = null;
            return new Secp256k1PublicKey(point!);
        }

        error = $"the {raw.Length} bytes are no point of secp256k1 in its 33-byte or 65-byte form";
        return null;
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> fixedForm = stackalloc byte[2 * Secp256k1Curve.ScalarBytes];
        if (!EcdsaSignature.TryRead(signature, fixedForm))
            return false;

        var r = new BigInteger(1, fixedForm[..Secp256k1Curve.ScalarBytes]);
        var s = new BigInteger(1, fixedForm[Secp256k1Curve.ScalarBytes..]);
        if (s.CompareTo(Secp256k1Curve.HalfOrder) > 0)
            return false;

        var verifier = new ECDsaSigner();
        verifier.Init(forSigning: false, _parameters);
        return verifier.VerifySignature(SHA256.HashData(data), r, s);
    }
}
