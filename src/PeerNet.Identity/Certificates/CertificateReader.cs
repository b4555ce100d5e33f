using System.Buffers;
using System.Globalization;
using System.Text;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Certificates;

/// <summary>
/// The parts of an X.509 certificate that the libp2p TLS specification gives a meaning (RFC 5280, section 4.1).
/// Names are skipped unread: trust comes from the extension alone. Spans are slices of the input.
/// </summary>
internal ref struct CertificateReader
{
    // A certificate with an 8192-bit RSA identity takes 2.4 KB; twice an RSA-8192 certificate key fits as well.
    public const int MaxCertificateBytes = 16 * 1024;

    // Implementation limit: far above every honest certificate, which has one.
    private const int MaxExtensions = 32;

    public ReadOnlySpan<byte> ToBeSigned { get; private set; }

    public ReadOnlySpan<byte> SubjectPublicKeyInfo { get; private set; }

    public ReadOnlySpan<byte> SignatureAlgorithmOid { get; private set; }

    /// <summary>Whether the algorithm has a NULL parameter (RSA) or none (ECDSA, Ed25519).</summary>
    public bool HasNullParameter { get; private set; }

    public ReadOnlySpan<byte> Signature { get; private set; }

    public DateTimeOffset NotBefore { get; private set; }

    public DateTimeOffset NotAfter { get; private set; }

    /// <summary>Value of the libp2p extension; empty if there is none.</summary>
    public ReadOnlySpan<byte> LibP2PExtension { get; private set; }

    /// <summary>Reads a whole certificate. Null on success, otherwise what is wrong with it.</summary>
    public string? Read(ReadOnlySpan<byte> der)
    {
        if (der.Length > MaxCertificateBytes)
            return $"a certificate of {der.Length} bytes is over the limit of {MaxCertificateBytes}";

        var outer = new DerReader(der);
        if (!outer.TryEnter(DerTag.Sequence, out var certificate))
            return "the certificate is no DER";
        if (!outer.IsAtEnd)
            return "bytes follow the certificate";
        if (!certificate.TryRead(DerTag.Sequence, out var content, out var element)
            || !certificate.TryRead(DerTag.Sequence, out var algorithm)
            || !certificate.TryReadBits(out var signature)
            || !certificate.IsAtEnd)
        {
            return "the certificate has not the three parts of X.509";
        }

        ToBeSigned = element;
        Signature = signature;
        return ReadAlgorithm(algorithm) ?? ReadBody(new DerReader(content), algorithm);
    }

    private string? ReadAlgorithm(ReadOnlySpan<byte> algorithm)
    {
        var reader = new DerReader(algorithm);
        if (!reader.TryRead(DerTag.ObjectIdentifier, out var oid))
            return "the certificate's signature algorithm is unreadable";

        SignatureAlgorithmOid = oid;
        HasNullParameter = reader.TryRead(DerTag.Null, out var nothing) && nothing.IsEmpty;
        return reader.IsAtEnd ? null : "the certificate's signature algorithm has parameters that are not supported";
    }

    private string? ReadBody(DerReader body, ReadOnlySpan<byte> outerAlgorithm)
    {
        const byte version3 = 2;
        if (!body.TryEnter(DerTag.Context0, out var version) || !version.TryReadUnsigned(out var number) || number is not [version3] || !version.IsAtEnd)
            return "the certificate is not of X.509 version 3";
        if (!body.TryReadUnsigned(out var serial) || serial.IsEmpty)
            return "the certificate's serial number is not positive";
        if (!body.TryRead(DerTag.Sequence, out var innerAlgorithm) || !innerAlgorithm.SequenceEqual(outerAlgorithm))
            return "the certificate names two different signature algorithms";
        if (!body.TryRead(DerTag.Sequence, out _)
            || !body.TryEnter(DerTag.Sequence, out var validity)
            || !TryReadTime(ref validity, out var notBefore) || !TryReadTime(ref validity, out var notAfter) || !validity.IsAtEnd
            || !body.TryRead(DerTag.Sequence, out _)
            || !body.TryRead(DerTag.Sequence, out _, out var subjectPublicKeyInfo))
        {
            return "the certificate's names, validity or key are unreadable";
        }

        NotBefore = notBefore;
        NotAfter = notAfter;
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        if (body.NextIs(DerTag.ImplicitContext1) || body.NextIs(DerTag.ImplicitContext2))
            return "the certificate has one of the unique ids that the specification forbids";
        if (!body.TryEnter(DerTag.Context3, out var wrapped) || !wrapped.TryEnter(DerTag.Sequence, out var extensions) || !wrapped.IsAtEnd || !body.IsAtEnd)
            return body.IsAtEnd ? "the certificate has no extensions" : "the certificate's extensions are unreadable";
        return ReadExtensions(extensions);
    }

    private string? ReadExtensions(DerReader extensions)
    {
        var count = 0;
        var found = false;
        while (!extensions.IsAtEnd)
        {
            if (!TryReadExtension(ref extensions, out var oid, out var isCritical, out var value))
                return "the certificate's extensions are unreadable";
            if (++count > MaxExtensions)
                return $"the certificate has more than {MaxExtensions} extensions";
            if (Occurs(extensions, oid))
                return "the certificate has an extension twice";

            if (oid.SequenceEqual(Oids.LibP2PExtension))
            {
                LibP2PExtension = value;
                found = true;
            }
            else if (isCritical)
            {
                return "the certificate has a critical extension that has no meaning here";
            }
        }

        return found ? null : "the certificate has no libp2p extension";
    }

    private static bool TryReadExtension(
        scoped ref DerReader extensions,
        out ReadOnlySpan<byte> oid,
        out bool isCritical,
        out ReadOnlySpan<byte> value)
    {
        oid = default;
        value = default;
        isCritical = false;
        return extensions.TryEnter(DerTag.Sequence, out var extension)
            && extension.TryRead(DerTag.ObjectIdentifier, out oid)
            && (!extension.NextIs(DerTag.Boolean) || TryReadTrue(ref extension, out isCritical))
            && extension.TryRead(DerTag.OctetString, out value)
            && extension.IsAtEnd;
    }

    private static bool Occurs(DerReader followingExtensions, ReadOnlySpan<byte> oid)
    {
        while (TryReadExtension(ref followingExtensions, out var other, out _, out _))
        {
            if (other.SequenceEqual(oid))
                return true;
        }

        return false;
    }

    /// <summary>DER leaves a BOOLEAN with its default value out, so only TRUE may be there.</summary>
    private static bool TryReadTrue(ref DerReader extension, out bool value)
    {
        value = extension.TryRead(DerTag.Boolean, out var content) && content is [0xff];
        return value;
    }

    private static bool TryReadTime(ref DerReader reader, out DateTimeOffset time)
    {
        // YYYYMMDDhhmmssZ, or the same with a year of two digits that stands for 1950 to 2049 (RFC 5280, section 4.1.2.5).
        const int length = 15;
        time = default;
        Span<char> text = stackalloc char[length];
        var centuryDigits = reader.NextIs(DerTag.UtcTime) ? 2 : 0;
        if (!reader.TryRead(centuryDigits == 2 ? DerTag.UtcTime : DerTag.GeneralizedTime, out var content)
            || content.Length != length - centuryDigits)
        {
            return false;
        }

        if (centuryDigits == 2)
            (content[0] >= (byte)'5' ? "19" : "20").CopyTo(text);
        return Ascii.ToUtf16(content, text[centuryDigits..], out _) == OperationStatus.Done
            && DateTimeOffset.TryParseExact(
                text,
                "yyyyMMddHHmmss'Z'",
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal,
                out time);
    }
}
