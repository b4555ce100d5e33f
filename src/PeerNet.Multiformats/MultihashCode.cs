namespace PeerNet.Multiformats;

/// <summary>Hash function codes of the multicodec table that libp2p and IPFS meet.</summary>
public static class MultihashCode
{
    /// <summary>The digest is the input itself.</summary>
    public const ulong Identity = 0x00;

    /// <summary>SHA-1, 20 bytes.</summary>
    public const ulong Sha1 = 0x11;

    /// <summary>SHA-256, 32 bytes.</summary>
    public const ulong Sha256 = 0x12;

    /// <summary>SHA-512, 64 bytes.</summary>
    public const ulong Sha512 = 0x13;

    /// <summary>SHA3-512, 64 bytes.</summary>
    public const ulong Sha3Bits512 = 0x14;

    /// <summary>SHA3-384, 48 bytes.</summary>
    public const ulong Sha3Bits384 = 0x15;

    /// <summary>SHA3-256, 32 bytes.</summary>
    public const ulong Sha3Bits256 = 0x16;

    /// <summary>SHA3-224, 28 bytes.</summary>
    public const ulong Sha3Bits224 = 0x17;

    /// <summary>SHAKE128, 32 bytes by default.</summary>
    public const ulong Shake128 = 0x18;

    /// <summary>SHAKE256, 64 bytes by default.</summary>
    public const ulong Shake256 = 0x19;

    /// <summary>Keccak-256, 32 bytes.</summary>
    public const ulong Keccak256 = 0x1b;

    /// <summary>BLAKE3, 32 bytes by default.</summary>
    public const ulong Blake3 = 0x1e;

    /// <summary>SHA-384, 48 bytes.</summary>
    public const ulong Sha384 = 0x20;

    /// <summary>MurmurHash3 x64, first 64 bits.</summary>
    public const ulong Murmur3 = 0x22;

    /// <summary>SHA-256 of SHA-256, 32 bytes.</summary>
    public const ulong DoubleSha256 = 0x56;

    /// <summary>MD5, 16 bytes.</summary>
    public const ulong Md5 = 0xd5;

    /// <summary>BLAKE2b-256, 32 bytes.</summary>
    public const ulong Blake2b256 = 0xb220;

    /// <summary>BLAKE2b-512, 64 bytes.</summary>
    public const ulong Blake2b512 = 0xb240;

    /// <summary>BLAKE2s-256, 32 bytes.</summary>
    public const ulong Blake2s256 = 0xb260;
}
