using System.Text.Json;
using PeerNet.Core.Errors;

namespace PeerNet.Control;

/// <summary>Error names of the control protocol, the same for every kind of peer.</summary>
public static class ControlErrors
{
    /// <summary>The peer has no such command.</summary>
    public const string UnsupportedCommand = "UnsupportedCommand";

    /// <summary>An argument is missing or malformed.</summary>
    public const string InvalidParameters = "InvalidParametersError";

    /// <summary>The other peer does not speak the protocol.</summary>
    public const string UnsupportedProtocol = "UnsupportedProtocolError";

    /// <summary>Another peer answered than the one that was dialled.</summary>
    public const string UnexpectedPeer = "UnexpectedPeerError";

    /// <summary>It took too long.</summary>
    public const string Timeout = "TimeoutError";

    /// <summary>The stream was reset.</summary>
    public const string StreamReset = "StreamResetError";

    /// <summary>There is no such thing.</summary>
    public const string NotFound = "NotFoundError";

    /// <summary>The connection runs over a relay with limits.</summary>
    public const string LimitedConnection = "LimitedConnectionError";

    /// <summary>A limit was reached.</summary>
    public const string ResourceLimit = "ResourceLimitError";

    /// <summary>No address of the peer could be dialled.</summary>
    public const string Dial = "DialError";

    /// <summary>The connection ended.</summary>
    public const string ConnectionClosed = "ConnectionClosedError";

    /// <summary>Anything else.</summary>
    public const string Other = "Error";

    /// <summary>The name that goes with an error.</summary>
    internal static string NameOf(Exception error) => error switch
    {
        ControlException own => own.Name,
        OperationCanceledException or TimeoutException => Timeout,
        NegotiationException { Reason: NegotiationFailure.Unsupported } => UnsupportedProtocol,
        NegotiationException { Reason: NegotiationFailure.TimedOut } => Timeout,
        HandshakeException { Reason: HandshakeFailure.UnexpectedPeer } => UnexpectedPeer,
        DialException { Reason: DialFailure.UnexpectedPeer } => UnexpectedPeer,
        DialException { Reason: DialFailure.TimedOut } => Timeout,
        DialException { Reason: DialFailure.ResourceLimit } or ResourceLimitException => ResourceLimit,
        DialException => Dial,
        StreamResetException => StreamReset,
        ConnectionClosedException => ConnectionClosed,
        _ => Other,
    };
}

/// <summary>A command failed; <see cref="Name"/> is one of <see cref="ControlErrors"/> or whatever a peer of another kind answered.</summary>
public sealed class ControlException : PeerNetException
{
    /// <summary>Creates the error.</summary>
    public ControlException(string name, string message)
        : this(name, message, null)
    {
    }

    internal ControlException(string name, string message, JsonElement? id)
        : base(message)
    {
        Name = name;
        Id = id;
    }

    /// <summary>The error's name.</summary>
    public string Name { get; }

    /// <summary>The id of the command, when its line could be read that far.</summary>
    internal JsonElement? Id { get; }
}
