using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;

namespace PeerNet.Identity.Keys;

/// <summary>The domain parameters of secp256k1 (SEC 2, section 2.4.1) and point decoding.</summary>
internal static class Secp256k1Curve
{
    public const int ScalarBytes = 32;
    public const int CompressedBytes = 33;
    public const int UncompressedBytes = 65;

    private static readonly X9ECParameters Curve = CustomNamedCurves.GetByName("secp256k1");

    public static ECDomainParameters Domain { get; } = new(Curve.Curve, Curve.G, Curve.N, Curve.H);

    /// <summary>Signatures with s above this are the malleable twin of another one; Rust and JavaScript refuse them.</summary>
    public static BigInteger HalfOrder { get; } = Curve.N.ShiftRight(1);

    /// <summary>Decodes a SEC1 point, compressed or not. The hybrid form (06, 07) is refused.</summary>
    public static bool TryDecodePoint(ReadOnlySpan<byte> encoded, out ECPoint? point)
    {
        point = null;
        var isKnownForm = encoded.Length switch
        {
            CompressedBytes => encoded[0] is 2 or 3,
            UncompressedBytes => encoded[0] is 4,
            _ => false,
        };
        if (!isKnownForm)
            return false;

        try
        {
            point = Curve.Curve.DecodePoint(encoded);
            return true;
        }
        catch (ArgumentException)
        {
            // x or y out of range, or no such point on the curve.
            return false;
        }
    }
}
