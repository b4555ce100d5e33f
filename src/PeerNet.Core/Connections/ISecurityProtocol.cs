using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Core.Connections;

/// <summary>
/// The second rung of the ladder: a handshake that turns a raw connection into one whose peer is known. An instance serves one identity
/// and any number of connections at once. Thread-safe.
/// </summary>
public interface ISecurityProtocol
{
    /// <summary>The id that multistream-select agrees on, such as <c>/noise</c>.</summary>
    ProtocolId Id { get; }

    /// <summary>
    /// Runs the handshake. It begins right behind the negotiation's last byte, and no byte behind the handshake is lost: what arrives
    /// together with it comes out of the secure connection. An initiator's first action is one send, so that a connection which holds back
    /// a proposal can put it in front. On any failure, cancellation included, the raw connection is aborted.
    /// </summary>
    /// <param name="raw">The connection; it belongs to the secure connection from now on.</param>
    /// <param name="context">Which end this is and what it wants.</param>
    /// <param name="token">Carries the handshake's deadline: every wait ends with it.</param>
    /// <exception cref="HandshakeException">The peer broke the protocol, proved nothing, or is another one than expected.</exception>
    ValueTask<SecureConnection> SecureAsync(RawConnection raw, SecurityContext context, CancellationToken token);
}

/// <summary>What one end brings to a security handshake.</summary>
public sealed record SecurityContext
{
    /// <summary>Whether this end speaks first.</summary>
    public required bool IsInitiator { get; init; }

    /// <summary>The peer that must answer; null accepts any.</summary>
    public PeerId? ExpectedPeer { get; init; }

    /// <summary>The multiplexers to offer inside the handshake, the preferred one first; empty leaves them to multistream-select.</summary>
    public IReadOnlyList<ProtocolId> Muxers { get; init; } = [];
}
