namespace PeerNet.Identity;

/// <summary>
/// The signature schemes an identity key may have. The values are the wire's (peer-ids specification, "Keys").
/// </summary>
public enum KeyType
{
    /// <summary>RSA, PKCS#1 v1.5 signatures over SHA-256.</summary>
    Rsa = 0,

    /// <summary>Ed25519 (RFC 8032). The default of every implementation.</summary>
    Ed25519 = 1,

    /// <summary>ECDSA over secp256k1 with SHA-256, DER signatures, low S.</summary>
    Secp256k1 = 2,

    /// <summary>ECDSA over a NIST curve with SHA-256, DER signatures. P-256 in practice.</summary>
    Ecdsa = 3,
}
