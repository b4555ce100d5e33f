using System.Security.Cryptography;

namespace PeerNet.Identity.Keys;

/// <summary>An ECDSA public key on P-256, P-384 or P-521: DER SubjectPublicKeyInfo with an uncompressed point.</summary>
internal sealed class EcdsaPublicKey : PublicKey
{
    private readonly Lock _platformKeyUse = new();
    private readonly ECDsa _platformKey;

    private EcdsaPublicKey(ReadOnlySpan<byte> subjectPublicKeyInfo, NistCurve curve, ECDsa platformKey)
        : base(KeyType.Ecdsa, subjectPublicKeyInfo)
    {
        Curve = curve;
        _platformKey = platformKey;
    }

    public NistCurve Curve { get; }

    public static EcdsaPublicKey? TryCreate(ReadOnlySpan<byte> raw, out string? error)
    {
        if (!SubjectPublicKeyInfo.TryReadEc(raw, out var oid, out var point))
        {
            error = "the ECDSA key is no DER SubjectPublicKeyInfo with a named curve";
            return null;
        }

        if (NistCurve.FromOid(oid) is not { } curve)
        {
            error = "the ECDSA key is not on P-256, P-384 or P-521";
            return null;
        }

        var platformKey = curve.ImportPoint(point);
        error = platformKey is null ? "the ECDSA key is no uncompressed point of its curve" : null;
        return platformKey is null ? null : new EcdsaPublicKey(raw, curve, platformKey);
    }

    public override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> buffer = stackalloc byte[2 * NistCurve.MaxFieldBytes];
        var fixedForm = buffer[..(2 * Curve.FieldBytes)];
        if (!EcdsaSignature.TryRead(signature, fixedForm))
            return false;

        try
        {
            // The platform does not promise that one key object serves two threads.
            lock (_platformKeyUse)
                return _platformKey.VerifyData(data, fixedForm, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
