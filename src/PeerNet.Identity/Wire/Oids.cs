namespace PeerNet.Identity.Wire;

/// <summary>Object identifiers as their DER content bytes, in dotted form beside them.</summary>
internal static class Oids
{
    /// <summary>1.2.840.113549.1.1.1</summary>
    public static ReadOnlySpan<byte> RsaEncryption => [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

    /// <summary>1.2.840.113549.1.1.11</summary>
    public static ReadOnlySpan<byte> RsaWithSha256 => [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];

    /// <summary>1.2.840.113549.1.1.12</summary>
    public static ReadOnlySpan<byte> RsaWithSha384 => [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c];

    /// <summary>1.2.840.113549.1.1.13</summary>
    public static ReadOnlySpan<byte> RsaWithSha512 => [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d];

    /// <summary>1.2.840.10045.2.1</summary>
    public static ReadOnlySpan<byte> EcPublicKey => [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

    /// <summary>1.2.840.10045.4.3.2</summary>
    public static ReadOnlySpan<byte> EcdsaWithSha256 => [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];

    /// <summary>1.2.840.10045.4.3.3</summary>
    public static ReadOnlySpan<byte> EcdsaWithSha384 => [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];

    /// <summary>1.2.840.10045.4.3.4</summary>
    public static ReadOnlySpan<byte> EcdsaWithSha512 => [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04];

    /// <summary>1.2.840.10045.3.1.7</summary>
    public static ReadOnlySpan<byte> P256 => [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

    /// <summary>1.3.132.0.34</summary>
    public static ReadOnlySpan<byte> P384 => [0x2b, 0x81, 0x04, 0x00, 0x22];

    /// <summary>1.3.132.0.35</summary>
    public static ReadOnlySpan<byte> P521 => [0x2b, 0x81, 0x04, 0x00, 0x23];

    /// <summary>1.3.132.0.10</summary>
    public static ReadOnlySpan<byte> Secp256k1 => [0x2b, 0x81, 0x04, 0x00, 0x0a];

    /// <summary>1.3.101.112</summary>
    public static ReadOnlySpan<byte> Ed25519 => [0x2b, 0x65, 0x70];

    /// <summary>1.3.6.1.4.1.53594.1.1</summary>
    public static ReadOnlySpan<byte> LibP2PExtension => [0x2b, 0x06, 0x01, 0x04, 0x01, 0x83, 0xa2, 0x5a, 0x01, 0x01];
}
