using System.Security.Cryptography;
using PeerNet.Identity.Wire;

namespace PeerNet.Identity.Keys;

/// <summary>An RSA private key; data = DER PKCS#1 <c>RSAPrivateKey</c> with two primes.</summary>
internal sealed class RsaPrivateKey : PrivateKey
{
    private readonly Lock _platformKeyUse = new();
    private readonly RSA _platformKey;

    private RsaPrivateKey(RSA platformKey, RsaPublicKey publicKey)
        : base(publicKey)
        => _platformKey = platformKey;

    public static RsaPrivateKey Generate(int bits)
    {
        if (bits is < RsaPublicKey.MinBits or > RsaPublicKey.MaxBits || bits % 8 != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(bits), bits, $"RSA keys have between {RsaPublicKey.MinBits} and {RsaPublicKey.MaxBits} bits, a multiple of 8");
        }

        var platformKey = RSA.Create(bits);
        return new RsaPrivateKey(platformKey, ReadPublicHalf(platformKey, out _)!);
    }

    public static RsaPrivateKey? TryCreate(ReadOnlySpan<byte> data, out string? error)
    {
        if (!TryReadModulus(data, out var modulus))
        {
            error = "the RSA key is no DER PKCS#1 RSAPrivateKey with two primes";
            return null;
        }

        error = RsaPublicKey.DescribeSize(modulus);
        return error is null ? Import(data, out error) : null;
    }

    public override byte[] Sign(ReadOnlySpan<byte> data)
    {
        // The platform does not promise that one key object serves two threads.
        lock (_platformKeyUse)
            return _platformKey.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    internal override byte[] ExportData()
    {
        lock (_platformKeyUse)
            return _platformKey.ExportRSAPrivateKey();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _platformKey.Dispose();
    }

    private static RsaPrivateKey? Import(ReadOnlySpan<byte> data, out string? error)
    {
        var platformKey = RSA.Create();
        RsaPrivateKey? key = null;
        try
        {
            platformKey.ImportRSAPrivateKey(data, out _);
            if (ReadPublicHalf(platformKey, out error) is { } publicKey)
            {
                key = new RsaPrivateKey(platformKey, publicKey);
                // Primes that do not belong to the modulus would give signatures that betray the key.
                if (publicKey.Verify([], key.Sign([])))
                    return key;
                error = "the numbers of this RSA key do not belong together";
            }
        }
        catch (CryptographicException)
        {
            error = "the numbers of this RSA key do not belong together";
        }

        platformKey.Dispose();
        return null;
    }

    private static RsaPublicKey? ReadPublicHalf(RSA platformKey, out string? error)
        => RsaPublicKey.TryCreate(platformKey.ExportSubjectPublicKeyInfo(), out error);

    private static bool TryReadModulus(ReadOnlySpan<byte> der, out ReadOnlySpan<byte> modulus)
    {
        // version 0, n, e, d, p, q, d mod p-1, d mod q-1, 1/q mod p
        const int numbersAfterModulus = 7;
        var outer = new DerReader(der);
        modulus = default;
        if (!outer.TryEnter(DerTag.Sequence, out var numbers) || !outer.IsAtEnd
            || !numbers.TryReadUnsigned(out var version) || !version.IsEmpty
            || !numbers.TryReadUnsigned(out modulus))
        {
            return false;
        }

        for (var i = 0; i < numbersAfterModulus; i++)
        {
            if (!numbers.TryReadUnsigned(out var number) || number.IsEmpty)
                return false;
        }

        return numbers.IsAtEnd;
    }
}
