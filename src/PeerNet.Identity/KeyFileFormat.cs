namespace PeerNet.Identity;

/// <summary>The forms in which a private key lies in a file. None of them is encrypted.</summary>
public enum KeyFileFormat
{
    /// <summary>
    /// The <c>PrivateKey</c> protobuf message, PeerNet's own form: also Kubo's <c>libp2p-protobuf-cleartext</c> and
    /// the identity file of Hivemind and its daemon.
    /// </summary>
    Protobuf,

    /// <summary>The same message as one line of base64.</summary>
    Base64,

    /// <summary>PKCS#8 in PEM: Kubo's <c>pem-pkcs8-cleartext</c>, OpenSSL's <c>PRIVATE KEY</c>.</summary>
    PemPkcs8,

    /// <summary>Kubo's configuration file with the key at <c>Identity.PrivKey</c>; read only.</summary>
    KuboConfig,
}
