using System.Security.Cryptography;
using Org.BouncyCastle.Crypto.Digests;

namespace PeerNet.Identity.Primitives;

/// <summary>SHAKE128 (FIPS 202): the platform's where it has one, BouncyCastle's elsewhere. Thread-safe.</summary>
public static class Shake128Hash
{
    private const int SecurityBits = 128;

    /// <summary>Fills <paramref name="destination"/> with the hash of <paramref name="data"/>.</summary>
    public static void HashData(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        if (Shake128.IsSupported)
            Shake128.HashData(data, destination);
        else
            HashPortably(data, destination);
    }

    internal static void HashPortably(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        var digest = new ShakeDigest(SecurityBits);
        digest.BlockUpdate(data);
        digest.OutputFinal(destination);
    }
}
