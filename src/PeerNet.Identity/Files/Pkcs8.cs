using System.Formats.Asn1;
using System.Security.Cryptography;
using PeerNet.Identity.Keys;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Files;

/// <summary>Private keys as PKCS#8 PrivateKeyInfo (RFC 5958), with the algorithm identifiers of RFC 3279, 5915 and 8410.</summary>
internal static class Pkcs8
{
    private const string RsaOid = "1.2.840.113549.1.1.1";
    private const string EcOid = "1.2.840.10045.2.1";
    private const string Ed25519Oid = "1.3.101.112";
    private const string Secp256k1Oid = "1.3.132.0.10";

    /// <summary>Null if the bytes are no such key; <paramref name="error"/> says why.</summary>
    public static PrivateKey? Read(ReadOnlySpan<byte> der, out string? error)
    {
        var outer = new DerReader(der);
        if (!outer.TryEnter(DerTag.Sequence, out var info) || !outer.IsAtEnd
            || !info.TryReadUnsigned(out var version) || version is not ([] or [1])
            || !info.TryEnter(DerTag.Sequence, out var algorithm) || !algorithm.TryRead(DerTag.ObjectIdentifier, out var oid)
            || !info.TryRead(DerTag.OctetString, out var data))
        {
            error = "the PEM holds no PKCS#8 private key";
            return null;
        }

        if (oid.SequenceEqual(Oids.RsaEncryption))
            return RsaPrivateKey.TryCreate(data, out error);
        if (oid.SequenceEqual(Oids.Ed25519))
            return ReadEd25519(data, out error);
        if (oid.SequenceEqual(Oids.EcPublicKey) && algorithm.TryRead(DerTag.ObjectIdentifier, out var curve))
        {
            if (curve.SequenceEqual(Oids.Secp256k1))
                return ReadSecp256k1(data, out error);
            if (NistCurve.FromOid(curve) is not null)
                return ReadEcdsa(der, out error);
        }

        error = "the PKCS#8 key is neither Ed25519, RSA nor on P-256, P-384, P-521 or secp256k1";
        return null;
    }

    /// <summary>The caller clears the result.</summary>
    public static byte[] Write(PrivateKey key)
    {
        var data = key.ExportData();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        try
        {
            using (writer.PushSequence())
            {
                writer.WriteInteger(0);
                WriteAlgorithm(writer, key);
                using (writer.PushOctetString())
                    WriteData(writer, key, data);
            }

            return writer.Encode();
        }
        finally
        {
            writer.Reset();
            CryptographicOperations.ZeroMemory(data);
        }
    }

    private static Ed25519PrivateKey? ReadEd25519(ReadOnlySpan<byte> data, out string? error)
    {
        var reader = new DerReader(data);
        if (reader.TryRead(DerTag.OctetString, out var seed) && reader.IsAtEnd && seed.Length == Ed25519PrivateKey.SeedBytes)
        {
            error = null;
            return Ed25519PrivateKey.FromSeed(seed);
        }

        error = "the PKCS#8 key has no Ed25519 seed of 32 bytes";
        return null;
    }

    private static Secp256k1PrivateKey? ReadSecp256k1(ReadOnlySpan<byte> data, out string? error)
    {
        var reader = new DerReader(data);
        if (reader.TryEnter(DerTag.Sequence, out var key) && key.TryReadUnsigned(out _) && key.TryRead(DerTag.OctetString, out var scalar))
            return Secp256k1PrivateKey.TryCreate(scalar, out error);
        error = "the PKCS#8 key has no secp256k1 scalar";
        return null;
    }

    /// <summary>PKCS#8 names the curve outside the key, SEC1 inside; the platform moves it.</summary>
    private static EcdsaPrivateKey? ReadEcdsa(ReadOnlySpan<byte> der, out string? error)
    {
        byte[] data = [];
        try
        {
            using var platformKey = ECDsa.Create();
            platformKey.ImportPkcs8PrivateKey(der, out _);
            data = platformKey.ExportECPrivateKey();
            return EcdsaPrivateKey.TryCreate(data, out error);
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            error = $"the platform cannot use the elliptic curve key: {e.Message}";
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(data);
        }
    }

    private static void WriteAlgorithm(AsnWriter writer, PrivateKey key)
    {
        using (writer.PushSequence())
        {
            switch (key)
            {
                case RsaPrivateKey:
                    writer.WriteObjectIdentifier(RsaOid);
                    writer.WriteNull();
                    break;
                case Ed25519PrivateKey:
                    writer.WriteObjectIdentifier(Ed25519Oid);
                    break;
                case Secp256k1PrivateKey:
                    writer.WriteObjectIdentifier(EcOid);
                    writer.WriteObjectIdentifier(Secp256k1Oid);
                    break;
                default:
                    writer.WriteObjectIdentifier(EcOid);
                    writer.WriteObjectIdentifier(((EcdsaPrivateKey)key).Curve.Oid);
                    break;
            }
        }
    }

    private static void WriteData(AsnWriter writer, PrivateKey key, ReadOnlySpan<byte> data)
    {
        switch (key)
        {
            case Ed25519PrivateKey:
                writer.WriteOctetString(data[..Ed25519PrivateKey.SeedBytes]);
                break;
            case Secp256k1PrivateKey:
                using (writer.PushSequence())
                {
                    writer.WriteInteger(1);
                    writer.WriteOctetString(data);
                }

                break;
            default:
                // PKCS#1 and SEC1 stand as they are.
                writer.WriteEncodedValue(data);
                break;
        }
    }
}
