using PeerNet.Identity;

namespace PeerNet.Core.Errors;

/// <summary>The only connection to the peer runs over a relay with limits, and the caller did not allow such a connection. Nothing was sent.</summary>
public sealed class LimitedConnectionException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public LimitedConnectionException(PeerId peer)
        : base($"The connection to peer {peer} runs over a relay that limits its bytes and its time, and this stream does not allow that.") => Peer = peer;

    /// <summary>The peer.</summary>
    public PeerId Peer { get; }
}
