using System.Security.Cryptography;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>
/// The NIST curves that are accepted. P-224, which Go takes too, is not: it is weaker than everything else here, and
/// neither Rust nor JavaScript would talk to its owner.
/// </summary>
internal sealed class NistCurve
{
    public static readonly NistCurve P256 = new(ECCurve.NamedCurves.nistP256, "1.2.840.10045.3.1.7", 32);
    public static readonly NistCurve P384 = new(ECCurve.NamedCurves.nistP384, "1.3.132.0.34", 48);
    public static readonly NistCurve P521 = new(ECCurve.NamedCurves.nistP521, "1.3.132.0.35", 66);

    /// <summary>Bytes of the widest curve's coordinates.</summary>
    public const int MaxFieldBytes = 66;

    private const byte UncompressedPoint = 4;

    private NistCurve(ECCurve curve, string oid, int fieldBytes) => (Curve, Oid, FieldBytes) = (curve, oid, fieldBytes);

    public ECCurve Curve { get; }

    /// <summary>Object identifier in dotted form.</summary>
    public string Oid { get; }

    /// <summary>Bytes of one coordinate, and of a scalar.</summary>
    public int FieldBytes { get; }

    public static NistCurve? FromOid(ReadOnlySpan<byte> oid) => oid switch
    {
        _ when oid.SequenceEqual(Oids.P256) => P256,
        _ when oid.SequenceEqual(Oids.P384) => P384,
        _ when oid.SequenceEqual(Oids.P521) => P521,
        _ => null,
    };

    /// <summary>Imports an uncompressed point. Null if it is malformed or not on the curve.</summary>
    public ECDsa? ImportPoint(ReadOnlySpan<byte> point)
    {
        if (point.Length != 1 + (2 * FieldBytes) || point[0] != UncompressedPoint)
            return null;

        var q = new ECPoint { X = point.Slice(1, FieldBytes).ToArray(), Y = point[(1 + FieldBytes)..].ToArray() };
        try
        {
            return ECDsa.Create(new ECParameters { Curve = Curve, Q = q });
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
