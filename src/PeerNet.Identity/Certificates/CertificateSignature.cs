using System.Security.Cryptography;
using PeerNet.Identity.Wire;
using PeerNet.Identity.Keys;

namespace PeerNet.Identity.Certificates;

/// <summary>
/// Checks a certificate's self-signature. The algorithm must fit the kind of key; every curve and RSA size may be
/// combined with SHA-256, 384 or 512. RSA-PSS is not supported: no stack signs certificates with it.
/// </summary>
internal static class CertificateSignature
{
    /// <summary>Null on success, otherwise what is wrong.</summary>
    public static string? Verify(scoped in CertificateReader certificate)
    {
        var info = certificate.SubjectPublicKeyInfo;
        if (SubjectPublicKeyInfo.TryReadEc(info, out var curveOid, out var point))
            return VerifyEcdsa(certificate, curveOid, point);
        if (SubjectPublicKeyInfo.TryReadRsa(info, out var modulus, out _))
            return RsaPublicKey.DescribeSize(modulus) ?? VerifyRsa(certificate);
        if (SubjectPublicKeyInfo.TryReadEd25519(info, out var raw))
            return VerifyEd25519(certificate, raw);
        return "the certificate's key is neither ECDSA, RSA nor Ed25519";
    }

    private static string? VerifyEcdsa(scoped in CertificateReader certificate, ReadOnlySpan<byte> curveOid, ReadOnlySpan<byte> point)
    {
        if (NistCurve.FromOid(curveOid) is not { } curve)
            return "the certificate's key is not on P-256, P-384 or P-521";

        var oid = certificate.SignatureAlgorithmOid;
        HashAlgorithmName? hash = oid switch
        {
            _ when certificate.HasNullParameter => null,
            _ when oid.SequenceEqual(Oids.EcdsaWithSha256) => HashAlgorithmName.SHA256,
            _ when oid.SequenceEqual(Oids.EcdsaWithSha384) => HashAlgorithmName.SHA384,
            _ when oid.SequenceEqual(Oids.EcdsaWithSha512) => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (hash is null)
            return SchemeMismatch;

        using var key = curve.ImportPoint(point);
        if (key is null)
            return "the certificate's key is no uncompressed point of its curve";

        Span<byte> buffer = stackalloc byte[2 * NistCurve.MaxFieldBytes];
        var fixedForm = buffer[..(2 * curve.FieldBytes)];
        var verified = EcdsaSignature.TryRead(certificate.Signature, fixedForm)
            && key.VerifyData(certificate.ToBeSigned, fixedForm, hash.Value, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return verified ? null : BadSignature;
    }

    private static string? VerifyRsa(scoped in CertificateReader certificate)
    {
        var oid = certificate.SignatureAlgorithmOid;
        HashAlgorithmName? hash = oid switch
        {
            _ when !certificate.HasNullParameter => null,
            _ when oid.SequenceEqual(Oids.RsaWithSha256) => HashAlgorithmName.SHA256,
            _ when oid.SequenceEqual(Oids.RsaWithSha384) => HashAlgorithmName.SHA384,
            _ when oid.SequenceEqual(Oids.RsaWithSha512) => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (hash is null)
            return SchemeMismatch;

        using var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(certificate.SubjectPublicKeyInfo, out _);
        return key.VerifyData(certificate.ToBeSigned, certificate.Signature, hash.Value, RSASignaturePadding.Pkcs1) ? null : BadSignature;
    }

    private static string? VerifyEd25519(scoped in CertificateReader certificate, ReadOnlySpan<byte> raw)
    {
        if (!certificate.SignatureAlgorithmOid.SequenceEqual(Oids.Ed25519) || certificate.HasNullParameter)
            return SchemeMismatch;
        var key = Ed25519PublicKey.TryCreate(raw, out var error);
        if (key is null)
            return error;
        return key.Verify(certificate.ToBeSigned, certificate.Signature) ? null : BadSignature;
    }

    private const string SchemeMismatch = "the certificate's signature algorithm does not fit its key";
    private const string BadSignature = "the certificate is not signed by its own key";
}
