using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Connections.Transports.Tcp;

namespace PeerNet.Connections.Transports.WebSocket;

/// <summary>How WebSocket connections are made.</summary>
public sealed record WebSocketOptions
{
    /// <summary>Default of <see cref="HandshakeTimeout"/>: TLS and HTTP are three round trips.</summary>
    public static readonly TimeSpan DefaultHandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The TCP connections below.</summary>
    public TcpOptions Tcp { get; init; } = new();

    /// <summary>
    /// How long TLS and the HTTP upgrade of a dial may take, once TCP is connected. By default <see cref="DefaultHandshakeTimeout"/>. Inbound
    /// connections have the upgrade's deadline.
    /// </summary>
    public TimeSpan HandshakeTimeout { get; init; } = DefaultHandshakeTimeout;

    /// <summary>
    /// The certificate, with its private key, that listeners on <c>/tls/ws</c> show: one that browsers trust, or
    /// <see cref="WebSocketCertificate.CreateSelfSigned"/> for a laboratory. Without it there are no such listeners.
    /// </summary>
    public X509Certificate2? ServerCertificate { get; init; }

    /// <summary>
    /// Judges the certificates of servers that are dialled; by default the system's trusted roots and the server's name decide. It speaks of a
    /// domain, never of a peer: who the peer is, the security handshake inside finds out.
    /// </summary>
    public RemoteCertificateValidationCallback? ValidateServerCertificate { get; init; }

    /// <summary>
    /// Takes any certificate of a dialled server, its name and issuer unseen. For laboratories and private networks: an attacker on the path
    /// then sees the ciphertext of the security handshake inside, as he does with <c>/ws</c>, and no more.
    /// </summary>
    public bool AllowUntrustedCertificates { get; init; }
}
