using PeerNet.Core.Errors;

namespace PeerNet.Hivemind.Rpc;

/// <summary>Why a call failed.</summary>
public enum RpcFailure
{
    /// <summary>The peer's handler failed; the message is the peer's text. Texts differ between versions: never decide by them.</summary>
    Remote,

    /// <summary>The peer ended the call without an answer: it does not know the method, does not like the request, or went away.</summary>
    NoAnswer,

    /// <summary>The peer's bytes break the protocol.</summary>
    Malformed,

    /// <summary>A request or an answer is above its limit.</summary>
    TooLarge,

    /// <summary>The call took longer than its deadline.</summary>
    TimedOut,

    /// <summary>The peer was not reached or does not serve the method; the inner error says more.</summary>
    Unreachable,

    /// <summary>The answer is not signed as this swarm demands.</summary>
    Unauthorized,
}

/// <summary>A call to a peer failed.</summary>
public sealed class RpcException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public RpcException(RpcFailure reason, string message, Exception? inner = null)
        : base(message, inner) => Reason = reason;

    /// <summary>Why.</summary>
    public RpcFailure Reason { get; }
}

/// <summary>Thrown by a handler to fail a call with a text of its own; any other exception is told to the peer by its type alone.</summary>
public sealed class RpcHandlerException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public RpcHandlerException(string message)
        : base(message)
    {
    }
}
