using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Core;
using PeerNet.Core.Buffers;
using PeerNet.Core.Connections;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Connections.Security.Tls;

/// <summary>
/// The security protocol <c>/tls/1.0.0</c> (TLS specification, revision 0): TLS 1.3 by the platform, with certificates on both sides that
/// prove identities. Thread-safe.
/// </summary>
public sealed class TlsProtocol : ISecurityProtocol
{
    // Always offered last: "the multiplexer is negotiated inside" (connections/inlined-muxer-negotiation.md).
    private static readonly SslApplicationProtocol LibP2P = new("libp2p");

    // Specification (RFC 7301, section 3.1): a name has 1 to 255 bytes.
    private const int MaxApplicationProtocolBytes = 255;

    private readonly TlsCertificateCache _certificates;
    private readonly BufferPool _pool;
    private readonly TimeProvider _time;

    /// <summary>Creates the protocol for one identity, which must outlive it.</summary>
    /// <param name="identity">The key that this node proves to hold.</param>
    /// <param name="pool">Where blocks come from; the shared pool by default.</param>
    /// <param name="time">The clock that certificates are dated and judged by.</param>
    public TlsProtocol(PrivateKey identity, BufferPool? pool = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _pool = pool ?? BufferPool.Shared;
        _time = time ?? TimeProvider.System;
        _certificates = new TlsCertificateCache(identity, _time);
    }

    /// <summary>The protocol's id.</summary>
    public static ProtocolId ProtocolId { get; } = "/tls/1.0.0";

    /// <inheritdoc />
    public ProtocolId Id => ProtocolId;

    /// <inheritdoc />
    public async ValueTask<SecureConnection> SecureAsync(RawConnection raw, SecurityContext context, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(raw);
        ArgumentNullException.ThrowIfNull(context);
        var verifier = new TlsPeerVerifier(context.ExpectedPeer, context.IsInitiator, _time.GetUtcNow());
        var stream = new SslStream(new RawConnectionStream(raw), leaveInnerStreamOpen: false);
        try
        {
            if (context.IsInitiator)
                await stream.AuthenticateAsClientAsync(ClientOptions(context, verifier), token).ConfigureAwait(false);
            else
                await stream.AuthenticateAsServerAsync(ServerOptions(context, verifier), token).ConfigureAwait(false);
            if (verifier.RemoteKey is null)
                throw verifier.Failure ?? new HandshakeException(HandshakeFailure.Unauthenticated, "The peer sent no certificate.");
            return new TlsConnection(raw, stream, verifier.RemoteKey, Muxer(stream, context), context.IsInitiator, _pool);
        }
        catch (Exception e)
        {
            raw.Abort();
            await stream.DisposeAsync().ConfigureAwait(false);
            if (verifier.Failure is { } refused)
                throw refused;
            if (e is HandshakeException or NegotiationException or OperationCanceledException)
                throw;
            throw TlsErrors.OfHandshake(e);
        }
    }

    private static List<SslApplicationProtocol> ApplicationProtocols(SecurityContext context)
    {
        var protocols = new List<SslApplicationProtocol>(context.Muxers.Count + 1);
        foreach (var muxer in context.Muxers)
        {
            if (muxer.Value.Length is > 0 and <= MaxApplicationProtocolBytes)
                protocols.Add(new SslApplicationProtocol(muxer.Value));
        }

        protocols.Add(LibP2P);
        return protocols;
    }

    /// <summary>A peer that took part in no such choice, or chose <c>libp2p</c>, has left the multiplexer open.</summary>
    private static ProtocolId? Muxer(SslStream stream, SecurityContext context)
    {
        var chosen = stream.NegotiatedApplicationProtocol;
        foreach (var muxer in context.Muxers)
        {
            if (!chosen.Protocol.IsEmpty && chosen == new SslApplicationProtocol(muxer.Value))
                return muxer;
        }

        return null;
    }

    /// <summary>A policy that finds nothing to build and nothing to object to: a third of the handshake's cost would go into a chain that means nothing.</summary>
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        VerificationFlags = X509VerificationFlags.AllFlags,
        DisableCertificateDownloads = true,
    };

    private SslClientAuthenticationOptions ClientOptions(SecurityContext context, TlsPeerVerifier verifier) => new()
    {
        // Specification: no server name, and no resumption, which would skip the certificates.
        TargetHost = "",
        AllowTlsResume = false,
        AllowRenegotiation = false,
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = ApplicationProtocols(context),
        ClientCertificateContext = _certificates.Get(),
        CertificateChainPolicy = NoChain(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = verifier.Verify,
    };

    private SslServerAuthenticationOptions ServerOptions(SecurityContext context, TlsPeerVerifier verifier) => new()
    {
        AllowTlsResume = false,
        AllowRenegotiation = false,
        EnabledSslProtocols = SslProtocols.Tls13,
        ApplicationProtocols = ApplicationProtocols(context),
        ServerCertificateContext = _certificates.Get(),
        ClientCertificateRequired = true,
        CertificateChainPolicy = NoChain(),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = verifier.Verify,
    };
}
