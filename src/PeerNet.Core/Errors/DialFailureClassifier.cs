using System.Net.Sockets;

namespace PeerNet.Core.Errors;

/// <summary>Says what a failed dial means: whose fault it was decides whether the address is tried again soon.</summary>
public static class DialFailureClassifier
{
    /// <summary>The failure that an exception of a transport, a resolver or an upgrade stands for.</summary>
    public static DialFailure Classify(Exception error) => error switch
    {
        SocketException socket => Classify(socket.SocketErrorCode),
        HandshakeException { Reason: HandshakeFailure.UnexpectedPeer } => DialFailure.UnexpectedPeer,
        HandshakeException { Reason: HandshakeFailure.TimedOut } => DialFailure.TimedOut,
        NegotiationException { Reason: NegotiationFailure.TimedOut } => DialFailure.TimedOut,
        NameResolutionException { Reason: NameResolutionFailure.TimedOut } => DialFailure.TimedOut,
        NameResolutionException => DialFailure.NameResolution,
        ResourceLimitException => DialFailure.ResourceLimit,
        DialException dial => dial.Reason,
        TimeoutException or OperationCanceledException => DialFailure.TimedOut,
        PeerNetException => DialFailure.UpgradeFailed,
        _ => DialFailure.Unreachable,
    };

    /// <summary>
    /// The failure that an error of the operating system stands for. What the local machine lacks (a route, an address, a descriptor, a permission)
    /// is <see cref="DialFailure.LocalNetwork"/>: it says nothing about the peer. "No route to host" counts as the peer's: it is also what a
    /// router far away answers.
    /// </summary>
    public static DialFailure Classify(SocketError error) => error switch
    {
        SocketError.TimedOut => DialFailure.TimedOut,
        SocketError.NetworkDown
            or SocketError.NetworkUnreachable
            or SocketError.AddressNotAvailable
            or SocketError.AddressAlreadyInUse
            or SocketError.AddressFamilyNotSupported
            or SocketError.ProtocolFamilyNotSupported
            or SocketError.AccessDenied
            or SocketError.TooManyOpenSockets
            or SocketError.NoBufferSpaceAvailable => DialFailure.LocalNetwork,
        _ => DialFailure.Unreachable,
    };
}
