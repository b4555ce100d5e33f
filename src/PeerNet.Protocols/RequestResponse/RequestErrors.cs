using PeerNet.Core;
using PeerNet.Core.Errors;
using PeerNet.Identity;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>Says what an error of the layers below means for a request. Pure.</summary>
internal static class RequestErrors
{
    /// <summary>The reason that stands for an error; null for one that is none of a peer or of the network.</summary>
    public static RequestFailure? ReasonOf(Exception error) => error switch
    {
        DialException => RequestFailure.Unreachable,
        NegotiationException { Reason: NegotiationFailure.Unsupported } => RequestFailure.Unsupported,
        NegotiationException { Reason: NegotiationFailure.TimedOut } => RequestFailure.TimedOut,
        NegotiationException { Reason: NegotiationFailure.Closed } => RequestFailure.ConnectionLost,
        NegotiationException => RequestFailure.BadResponse,
        ResourceLimitException => RequestFailure.Busy,
        StreamResetException { Code: ErrorCodes.StreamResourceLimit or ErrorCodes.StreamRateLimited } => RequestFailure.Busy,
        StreamResetException => RequestFailure.Rejected,
        ConnectionClosedException => RequestFailure.ConnectionLost,
        ProtocolViolationException => RequestFailure.BadResponse,
        PeerNetException => RequestFailure.Rejected,
        _ => null,
    };

    /// <summary>The error that the caller gets.</summary>
    public static RequestException Create(RequestFailure reason, ProtocolId protocol, PeerId peer, Exception? inner)
        => new(reason, $"The request {protocol} to peer {peer} has no response: {Name(reason)}.{(inner is null ? "" : $" {inner.Message}")}", inner);

    private static string Name(RequestFailure reason) => reason switch
    {
        RequestFailure.Unreachable => "the peer cannot be reached",
        RequestFailure.Unsupported => "the peer does not speak the protocol",
        RequestFailure.TimedOut => "timed out",
        RequestFailure.Busy => "a limit was reached",
        RequestFailure.Rejected => "the peer gave up on it",
        RequestFailure.BadResponse => "the response is unusable",
        _ => "the connection ended",
    };
}
