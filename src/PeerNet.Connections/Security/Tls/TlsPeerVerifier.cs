using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PeerNet.Core.Errors;
using PeerNet.Identity;
using PublicKey = PeerNet.Identity.PublicKey;

namespace PeerNet.Connections.Security.Tls;

/// <summary>
/// Judges the certificate of one handshake by libp2p's rules and none else: names, usages and trust chains have no meaning here. The verdict
/// is kept, since the platform only reports that there was one.
/// </summary>
internal sealed class TlsPeerVerifier(PeerId? expectedPeer, bool isInitiator, DateTimeOffset now)
{
    /// <summary>The identity that the certificate proves; null before a good one was seen.</summary>
    public PublicKey? RemoteKey { get; private set; }

    /// <summary>Why the certificate was refused; null when it was not.</summary>
    public HandshakeException? Failure { get; private set; }

    /// <summary>The callback of <see cref="SslStream"/>.</summary>
    public bool Verify(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        Failure = Judge(certificate, chain);
        return Failure is null;
    }

    private HandshakeException? Judge(X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is not X509Certificate2 leaf)
            return new HandshakeException(HandshakeFailure.Unauthenticated, "The peer sent no certificate.");
        if (HasOthers(leaf, chain))
            return new HandshakeException(HandshakeFailure.Unauthenticated, "The peer sent more than one certificate.");
        if (!LibP2PCertificate.TryVerify(leaf.RawDataMemory.Span, now, out var key, out var reason))
            return new HandshakeException(HandshakeFailure.Unauthenticated, $"The peer's certificate is refused: {reason}.");
        if (expectedPeer is not null && !expectedPeer.Equals(key.PeerId))
            return new HandshakeException(HandshakeFailure.UnexpectedPeer, $"Peer {key.PeerId} answered where {expectedPeer} was expected.");
        RemoteKey = key;
        return null;
    }

    /// <summary>What the peer sent arrives in the chain's extra store: with OpenSSL all of it at a client, all but the first at a server.</summary>
    private bool HasOthers(X509Certificate2 leaf, X509Chain? chain)
    {
        if (chain is null)
            return false;
        var copies = 0;
        foreach (var sent in chain.ChainPolicy.ExtraStore)
        {
            if (!sent.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))
                return true;
            copies++;
        }

        return copies > (isInitiator || !OperatingSystem.IsLinux() ? 1 : 0);
    }
}
