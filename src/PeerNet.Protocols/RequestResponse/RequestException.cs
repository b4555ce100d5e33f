using PeerNet.Core.Errors;

namespace PeerNet.Protocols.RequestResponse;

/// <summary>Why a request has no response.</summary>
public enum RequestFailure
{
    /// <summary>The peer could not be reached.</summary>
    Unreachable,

    /// <summary>The peer does not speak the protocol.</summary>
    Unsupported,

    /// <summary>No response in time. The peer may have acted on the request.</summary>
    TimedOut,

    /// <summary>The peer, or a limit of this node, has no room for the request now. The peer has not acted on it.</summary>
    Busy,

    /// <summary>The peer gave up on the request: its handler failed, or it found the request wrong.</summary>
    Rejected,

    /// <summary>The response breaks the framing, is too long, or does not decode.</summary>
    BadResponse,

    /// <summary>The connection ended. The peer may have acted on the request.</summary>
    ConnectionLost,
}

/// <summary>A request has no response; <see cref="Reason"/> tells why.</summary>
public sealed class RequestException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public RequestException(RequestFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public RequestFailure Reason { get; }
}
