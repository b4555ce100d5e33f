using System.Security.Cryptography;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>
/// An ECDSA private key on a NIST curve; data = DER SEC1 <c>ECPrivateKey</c>, as in the specification's vector and in Go
/// (the specification's prose says otherwise).
/// </summary>
internal sealed class EcdsaPrivateKey : PrivateKey
{
    private readonly Lock _platformKeyUse = new();
    private readonly ECDsa _platformKey;

    private EcdsaPrivateKey(ECDsa platformKey, EcdsaPublicKey publicKey)
        : base(publicKey)
        => _platformKey = platformKey;

    public NistCurve Curve => ((EcdsaPublicKey)PublicKey).Curve;

    public static EcdsaPrivateKey Generate()
    {
        var platformKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new EcdsaPrivateKey(platformKey, ReadPublicHalf(platformKey, out _)!);
    }

    public static EcdsaPrivateKey? TryCreate(ReadOnlySpan<byte> data, out string? error)
    {
        if (!TryReadSec1(data, out var scalar, out var oid, out var point) || NistCurve.FromOid(oid) is not { } curve || scalar.Length != curve.FieldBytes)
        {
            error = "the ECDSA key is no DER SEC1 ECPrivateKey on P-256, P-384 or P-521";
            return null;
        }

        return Import(data, curve, point, out error);
    }

    public override byte[] Sign(ReadOnlySpan<byte> data)
    {
        // The platform does not promise that one key object serves two threads.
        lock (_platformKeyUse)
            return _platformKey.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    internal override byte[] ExportData()
    {
        lock (_platformKeyUse)
            return _platformKey.ExportECPrivateKey();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _platformKey.Dispose();
    }

    private static EcdsaPrivateKey? Import(ReadOnlySpan<byte> data, NistCurve curve, ReadOnlySpan<byte> point, out string? error)
    {
        var platformKey = ECDsa.Create();
        try
        {
            platformKey.ImportECPrivateKey(data, out _);
            if (ReadPublicHalf(platformKey, out error) is { } publicKey)
            {
                var key = new EcdsaPrivateKey(platformKey, publicKey);
                var isSamePoint = point.IsEmpty || publicKey.Raw.Span.EndsWith(point);
                if (isSamePoint && publicKey.Verify([], key.Sign([])))
                    return key;
                error = "the halves of this ECDSA key do not belong together";
            }
        }
        catch (CryptographicException)
        {
            error = $"the scalar or point of this {8 * curve.FieldBytes}-bit ECDSA key is out of range";
        }

        platformKey.Dispose();
        return null;
    }

    private static EcdsaPublicKey? ReadPublicHalf(ECDsa platformKey, out string? error)
        => EcdsaPublicKey.TryCreate(platformKey.ExportSubjectPublicKeyInfo(), out error);

    /// <summary><c>SEQUENCE { 1, OCTET STRING scalar, [0] { curve }, [1] { BIT STRING point } OPTIONAL }</c> (RFC 5915).</summary>
    private static bool TryReadSec1(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> scalar, out ReadOnlySpan<byte> curveOid, out ReadOnlySpan<byte> point)
    {
        var outer = new DerReader(der);
        scalar = default;
        curveOid = default;
        point = default;
        if (!outer.TryEnter(DerTag.Sequence, out var key) || !outer.IsAtEnd
            || !key.TryReadUnsigned(out var version) || version is not [1]
            || !key.TryRead(DerTag.OctetString, out scalar)
            || !key.TryEnter(DerTag.Context0, out var curve) || !curve.TryRead(DerTag.ObjectIdentifier, out curveOid) || !curve.IsAtEnd)
        {
            return false;
        }

        if (key.IsAtEnd)
            return true;
        return key.TryEnter(DerTag.Context1, out var publicHalf) && publicHalf.TryReadBits(out point)
            && publicHalf.IsAtEnd && key.IsAtEnd;
    }
}
