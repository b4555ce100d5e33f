using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Identity.Certificates;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity;

/// <summary>
/// The self-signed certificate by which TLS and QUIC connections carry an identity (libp2p TLS specification). Its key is
/// made for the occasion; an extension holds the identity's public key and the identity's signature over the certificate's key.
/// </summary>
public static class LibP2PCertificate
{
    /// <summary>Object identifier of the extension.</summary>
    public const string ExtensionOid = "1.3.6.1.4.1.53594.1.1";

    // The validity that Go and JavaScript give, so that clocks may be wrong by an hour.
    private const int YearsValid = 100;
    private const int SerialBytes = 16;

    private static readonly TimeSpan ClockSkew = TimeSpan.FromHours(1);

    private static ReadOnlySpan<byte> SignaturePrefix => "libp2p-tls-handshake:"u8;

    /// <summary>
    /// Makes a certificate for <paramref name="identity"/> with a fresh P-256 key, which the result contains; ready for
    /// <see cref="System.Net.Security.SslStream"/> on either side. The caller disposes it.
    /// </summary>
    /// <remarks>
    /// The libp2p extension stands alone: JavaScript reads only the first extension and Rust refuses other critical ones.
    /// It is not critical, like Go's.
    /// </remarks>
    public static X509Certificate2 Create(PrivateKey identity, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(identity);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var serial = new byte[SerialBytes];
        RandomNumberGenerator.Fill(serial);
        // First bit 0: positive. Second bit 1: no leading zeros to trim.
        serial[0] = (byte)((serial[0] & 0x7f) | 0x40);

        // The name means nothing to anybody; OpenSSL wants one that is not empty.
        var name = new X500DistinguishedName($"SERIALNUMBER={Convert.ToHexStringLower(serial)}");
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        var extension = CreateExtension(identity, key.ExportSubjectPublicKeyInfo());
        request.CertificateExtensions.Add(new X509Extension(ExtensionOid, extension, critical: false));

        var generator = X509SignatureGenerator.CreateForECDsa(key);
        using var certificate = request.Create(name, generator, now - ClockSkew, now.AddYears(YearsValid), serial);
        return MakeUsable(certificate.CopyWithPrivateKey(key));
    }

    /// <summary>
    /// Checks a certificate by every rule of the specification and returns the identity that it proves. Names, usages and
    /// trust chains have no meaning. Never throws on peer bytes.
    /// </summary>
    /// <param name="certificate">DER of the one certificate that the peer sent.</param>
    /// <param name="now">The time at which it must be valid.</param>
    /// <param name="key">The identity.</param>
    /// <param name="reason">What is wrong, in words for a log.</param>
    public static bool TryVerify(
        ReadOnlySpan<byte> certificate,
        DateTimeOffset now,
        [NotNullWhen(true)] out PublicKey? key,
        [NotNullWhen(false)] out string? reason)
    {
        key = null;
        var reader = default(CertificateReader);
        reason = reader.Read(certificate) ?? CheckValidity(reader, now) ?? CheckSelfSignature(reader);
        if (reason is not null)
            return false;

        reason = ReadExtension(reader.LibP2PExtension, out var encodedKey, out var signature);
        if (reason is not null || !PublicKey.TryDecode(encodedKey, out var identity, out reason))
        {
            reason ??= "the key in the libp2p extension is unreadable";
            return false;
        }

        byte[] signed = [.. SignaturePrefix, .. reader.SubjectPublicKeyInfo];
        if (!identity.Verify(signed, signature))
        {
            reason = "the identity did not sign the certificate's key";
            return false;
        }

        key = identity;
        return true;
    }

    /// <summary>Like the span overload, for the certificate that <see cref="System.Net.Security.SslStream"/> hands over; null is refused.</summary>
    public static bool TryVerify(
        X509Certificate2? certificate,
        DateTimeOffset now,
        [NotNullWhen(true)] out PublicKey? key,
        [NotNullWhen(false)] out string? reason)
    {
        if (certificate is not null)
            return TryVerify(certificate.RawDataMemory.Span, now, out key, out reason);
        key = null;
        reason = "the peer sent no certificate";
        return false;
    }

    /// <summary>Like the span overload, for a whole chain as TLS 1.3 carries it: exactly one certificate is allowed.</summary>
    public static bool TryVerifyChain(
        IReadOnlyList<ReadOnlyMemory<byte>> chain,
        DateTimeOffset now,
        [NotNullWhen(true)] out PublicKey? key,
        [NotNullWhen(false)] out string? reason)
    {
        ArgumentNullException.ThrowIfNull(chain);
        if (chain.Count == 1)
            return TryVerify(chain[0].Span, now, out key, out reason);
        key = null;
        reason = $"the peer sent {chain.Count} certificates, not one";
        return false;
    }

    private static string? CheckValidity(scoped in CertificateReader certificate, DateTimeOffset now) => now switch
    {
        _ when now < certificate.NotBefore => $"the certificate is not valid before {certificate.NotBefore:u}",
        _ when now > certificate.NotAfter => $"the certificate expired at {certificate.NotAfter:u}",
        _ => null,
    };

    private static string? CheckSelfSignature(scoped in CertificateReader certificate)
    {
        try
        {
            return CertificateSignature.Verify(certificate);
        }
        catch (CryptographicException)
        {
            return "the platform cannot use the certificate's key";
        }
    }

    /// <summary><c>SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING }</c>; nothing may follow, inside or outside.</summary>
    private static string? ReadExtension(ReadOnlySpan<byte> value, out ReadOnlySpan<byte> encodedKey, out ReadOnlySpan<byte> signature)
    {
        var outer = new DerReader(value);
        encodedKey = default;
        signature = default;
        var isSignedKey = outer.TryEnter(DerTag.Sequence, out var signedKey) && outer.IsAtEnd
            && signedKey.TryRead(DerTag.OctetString, out encodedKey)
            && signedKey.TryRead(DerTag.OctetString, out signature)
            && signedKey.IsAtEnd;
        return isSignedKey ? null : "the libp2p extension is no SignedKey";
    }

    private static byte[] CreateExtension(PrivateKey identity, byte[] subjectPublicKeyInfo)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteOctetString(identity.PublicKey.Encoded.Span);
            writer.WriteOctetString(identity.Sign([.. SignaturePrefix, .. subjectPublicKeyInfo]));
        }

        return writer.Encode();
    }

    private static X509Certificate2 MakeUsable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
            return certificate;

        // Windows' TLS reads keys only from its own store, which a key gets into by way of PKCS#12.
        using (certificate)
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
