using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>Readers for the DER SubjectPublicKeyInfo of each key kind that occurs (RFC 3279, 5480, 8410). Strict and without allocation.</summary>
internal static class SubjectPublicKeyInfo
{
    public static bool TryReadRsa(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> modulus, out ReadOnlySpan<byte> exponent)
    {
        modulus = default;
        exponent = default;
        return TryReadOuter(der, Oids.RsaEncryption, out var parameters, out var bits)
            && parameters.TryRead(DerTag.Null, out var nothing) && nothing.IsEmpty && parameters.IsAtEnd
            && TryReadRsaNumbers(bits, out modulus, out exponent);
    }

    /// <summary>Only named curves: explicit parameters are how a peer would bring its own weak curve.</summary>
    public static bool TryReadEc(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> curveOid, out ReadOnlySpan<byte> point)
    {
        curveOid = default;
        return TryReadOuter(der, Oids.EcPublicKey, out var parameters, out point)
            && parameters.TryRead(DerTag.ObjectIdentifier, out curveOid) && parameters.IsAtEnd;
    }

    public static bool TryReadEd25519(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> raw)
        => TryReadOuter(der, Oids.Ed25519, out var parameters, out raw) && parameters.IsAtEnd;

    private static bool TryReadOuter(ReadOnlySpan<byte> der, ReadOnlySpan<byte> oid, out DerReader parameters, out ReadOnlySpan<byte> bits)
    {
        var outer = new DerReader(der);
        parameters = default;
        bits = default;
        return outer.TryEnter(DerTag.Sequence, out var info) && outer.IsAtEnd
            && info.TryEnter(DerTag.Sequence, out parameters)
            && parameters.TryRead(DerTag.ObjectIdentifier, out var algorithm) && algorithm.SequenceEqual(oid)
            && info.TryReadBits(out bits) && info.IsAtEnd;
    }

    private static bool TryReadRsaNumbers(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> modulus, out ReadOnlySpan<byte> exponent)
    {
        var outer = new DerReader(der);
        modulus = default;
        exponent = default;
        return outer.TryEnter(DerTag.Sequence, out var numbers) && outer.IsAtEnd
            && numbers.TryReadUnsigned(out modulus) && !modulus.IsEmpty
            && numbers.TryReadUnsigned(out exponent) && !exponent.IsEmpty
            && numbers.IsAtEnd;
    }
}
