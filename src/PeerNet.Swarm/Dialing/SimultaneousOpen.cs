using System.Net.Sockets;
using PeerNet.Core.Errors;
using PeerNet.Multiformats;

namespace PeerNet.Swarm.Dialing;

/// <summary>
/// Two nodes that dial each other at the same moment from their listening ports meet in one TCP connection with two initiators: each takes
/// the other's proposal for an answer, and the handshake fails on both sides. The attempt is then repeated at once from an ephemeral port,
/// where no such meeting is possible, instead of backing off as other implementations do.
/// </summary>
internal static class SimultaneousOpen
{
    /// <summary>Whether a failed attempt may have been such a meeting.</summary>
    public static bool MayExplain(Multiaddress address, Exception error)
        => !address.IsCircuit()
            && address.GetTransport() is MultiaddressTransport.Tcp or MultiaddressTransport.WebSocket or MultiaddressTransport.SecureWebSocket
            && error switch
            {
                HandshakeException handshake => handshake.Reason is HandshakeFailure.Malformed or HandshakeFailure.Unauthenticated or HandshakeFailure.Closed,
                NegotiationException negotiation => negotiation.Reason is NegotiationFailure.Malformed or NegotiationFailure.Closed,
                ConnectionClosedException => true,
                SocketException socket => socket.SocketErrorCode is SocketError.ConnectionReset or SocketError.AddressAlreadyInUse or SocketError.AddressNotAvailable,
                _ => false,
            };
}
