using PeerNet.Core.Connections;
using PeerNet.Identity;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>
/// Answers one request. An exception resets the stream, so that the peer sees <see cref="RequestFailure.Rejected"/>;
/// <see cref="RequestRefusedException"/> chooses the code.
/// </summary>
/// <param name="request">The request.</param>
/// <param name="token">Cancelled when the request's time is up, its connection has ended, or the node shuts down.</param>
/// <returns>The response; it is sent before the next request of the same handler may reuse its memory.</returns>
public delegate ValueTask<ReadOnlyMemory<byte>> RequestHandler(IncomingRequest request, CancellationToken token);

/// <summary>A request of a peer.</summary>
/// <param name="Connection">The connection that it came over.</param>
/// <param name="Body">The message; valid until the handler has ended.</param>
public readonly record struct IncomingRequest(ConnectionDescription Connection, ReadOnlyMemory<byte> Body)
{
    /// <summary>The peer.</summary>
    public PeerId Peer => Connection.RemotePeer;
}
